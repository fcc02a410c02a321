// What cuTensorMapEncodeTiled keeps of a matrix of 16-bit elements, in the 128 bytes the driver's own has.
#pragma once
#include <cstdint>

namespace emulator {

struct alignas(64) TensorMap
{
    const unsigned char* address;
    uint64_t columns;
    uint64_t rows;
    uint64_t row_bytes;
    unsigned box_columns;
    unsigned box_rows;
    unsigned char rest[128 - 40];
};

static_assert(sizeof(TensorMap) == 128);

}
