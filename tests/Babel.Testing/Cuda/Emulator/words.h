// The words of the kernels (Gpu/Kernels/prelude.h, Cuda/Kernels/words.h) over fibers of the host.
#pragma once
#include "fibers.h"
#include <cmath>
#include <cstring>

typedef unsigned char uchar;
typedef unsigned short ushort;
typedef unsigned int uint;

#define KERNEL_OF(threads, blocks) extern "C"
#define GLOBAL
#define LOCAL
#define LOCAL_ARRAY(type, name, size) static __attribute__((section("emulated_shared"), aligned(16))) type name[size]
#define FUNCTION static inline
#define FUNCTION_MEMBER inline
#define BARRIER() emulator::arrive_and_wait(emulator::of_block())
#define GROUP(axis) ((long)emulator::block_index[axis])
#define GROUPS_ALONG(axis) ((long)emulator::grid_size[axis])
#define ITEM ((int)emulator::thread_index)
#define FLAT_ITEM (GROUP(0) * (long)emulator::block_size + (long)emulator::thread_index)
#define SQRT(x) sqrtf(x)
#define BITS_OF(x) __builtin_bit_cast(unsigned int, (float)(x))
#define FROM_BITS(u) __builtin_bit_cast(float, (unsigned int)(u))
#define shared_bytes emulator::dynamic_shared

namespace emulator {

// What the lanes of a warp hand each other.
struct Exchange
{
    uint words[most_threads][8];
};

extern Exchange exchange;

}

inline float shuffle_xor(float x, int mask)
{
    int own = ITEM;
    emulator::exchange.words[own][0] = BITS_OF(x);
    emulator::arrive_and_wait(emulator::of_warp());
    float other = FROM_BITS(emulator::exchange.words[own ^ mask][0]);
    emulator::arrive_and_wait(emulator::of_warp());
    return other;
}
