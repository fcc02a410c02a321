// The words of Cuda/Kernels/hopper_words.h: barriers with bytes, boxes of matrices, and multiplication from shared memory by four warps.
#pragma once
#include "tensor.h"
#include "tensor_map.h"

struct tensor_map;

#define PARAMETER_AT(kernel, i) (i == 0 ? &x : i == 1 ? &weight : &up)

namespace emulator {

// A barrier lies in 8 bytes of shared memory; what it is, here. Bytes may come before they are announced.
struct ByteBarrier
{
    unsigned long block = 0;
    Barrier phase;
    unsigned expected = 0;
    unsigned arrived = 0;
    long bytes = 0;
};

extern ByteBarrier byte_barriers[232448 / 8];

inline ByteBarrier& barrier_at(uint at)
{
    ByteBarrier& barrier = byte_barriers[at / 8];
    shared_bytes_at(at, 8);
    if (at % 8 != 0 || barrier.block != block_serial) __builtin_trap();
    return barrier;
}

inline void settle(ByteBarrier& barrier)
{
    if (barrier.arrived < barrier.expected || barrier.bytes != 0) return;
    barrier.arrived = 0;
    arrive(barrier.phase, 1);
}

}

inline void barrier_init(uint at, int count)
{
    emulator::ByteBarrier& barrier = emulator::byte_barriers[at / 8];
    barrier = emulator::ByteBarrier{emulator::block_serial, {1, 0, 0}, (unsigned)count, 0, 0};
}

inline void barriers_ready() {}
inline void shared_ready() {}

inline void barrier_expect(uint at, int bytes)
{
    emulator::ByteBarrier& barrier = emulator::barrier_at(at);
    barrier.bytes += bytes;
    barrier.arrived++;
    emulator::settle(barrier);
}

inline void barrier_arrive(uint at)
{
    emulator::ByteBarrier& barrier = emulator::barrier_at(at);
    barrier.arrived++;
    emulator::settle(barrier);
}

inline void barrier_wait(uint at, int parity)
{
    emulator::ByteBarrier& barrier = emulator::barrier_at(at);
    while ((int)(barrier.phase.phase & 1) == parity) emulator::wait_while(barrier.phase, barrier.phase.phase);
}

inline void copy_box(uint to, const tensor_map* map, uint barrier, int column, int row)
{
    const emulator::TensorMap& m = *(const emulator::TensorMap*)map;
    if (to % 1024 != 0 || (unsigned long)map % 64 != 0) __builtin_trap();
    for (unsigned r = 0; r < m.box_rows; r++)
    {
        for (unsigned c = 0; c < m.box_columns; c++)
        {
            long from_row = row + (long)r, from_column = column + (long)c;
            bool there = from_row >= 0 && from_row < (long)m.rows && from_column >= 0 && from_column < (long)m.columns;
            uint at = to + r * 128 + ((c / 8 ^ r % 8) * 16) + c % 8 * 2;
            ushort value = 0;
            if (there) memcpy(&value, m.address + from_row * m.row_bytes + from_column * 2, 2);
            memcpy(emulator::shared_bytes_at(at, 2), &value, 2);
        }
    }

    emulator::ByteBarrier& reports = emulator::barrier_at(barrier);
    reports.bytes -= (long)m.box_rows * m.box_columns * 2;
    emulator::settle(reports);
}

template <int count>
inline void fewer_registers() {}
template <int count>
inline void more_registers() {}
inline void group_begin() {}
inline void group_commit() {}
template <int pending>
inline void group_wait() {}

namespace emulator {

// Element (row, k) of an operand: what a descriptor says, with the exchange of 16-byte pieces done on the address itself, as the device does.
inline float element(unsigned long operand, int row, int k)
{
    uint start = (uint)(operand & 0x3FFF) << 4, stride = (uint)(operand >> 32 & 0x3FFF) << 4;
    uint at = start + row / 8 * stride + row % 8 * 128 + k * 2;
    at ^= (at >> 7 & 7) << 4;
    ushort bits;
    memcpy(&bits, shared_bytes_at(at, 2), 2);
    return bf16(bits);
}

}

// The multiplication is done when it is asked for; the device may do it until it is waited for.
template <int count>
inline void group_multiply(float (&d)[count], unsigned long a, unsigned long b)
{
    if (a >> 62 != 1 || b >> 62 != 1) __builtin_trap();
    emulator::arrive_and_wait(emulator::of_warpgroup());
    int item = ITEM % 128, row = item / 32 * 16 + item % 32 / 4;
    float left[2][16];
    for (int half = 0; half < 2; half++)
        for (int k = 0; k < 16; k++) left[half][k] = emulator::element(a, row + 8 * half, k);
    for (int j = 0; j < count / 4; j++)
    {
        for (int side = 0; side < 2; side++)
        {
            int column = 8 * j + item % 4 * 2 + side;
            double sums[2] = {0, 0};
            for (int k = 0; k < 16; k++)
            {
                float right = emulator::element(b, column, k);
                for (int half = 0; half < 2; half++) sums[half] += (double)left[half][k] * right;
            }

            for (int half = 0; half < 2; half++) d[4 * j + 2 * half + side] = (float)(d[4 * j + 2 * half + side] + sums[half]);
        }
    }
}
