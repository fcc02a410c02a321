// The words of Cuda/Kernels/hopper_words.h: barriers with bytes, boxes of matrices, and multiplication from shared memory by four warps.
#pragma once
#include "tensor.h"
#include "tensor_map.h"

struct tensor_map;

#define PARAMETER_AT(kernel, i, parameter) (&parameter)

namespace emulator {

struct BoxCopy
{
    uint to;
    const TensorMap* map;
    int column, row;
};

// A barrier lies in 8 bytes of shared memory; what it is, here. Boxes are copied when somebody waits for them and not before, so that a wait that is
// missing shows, or else at once, so that a place given away too early does.
struct ByteBarrier
{
    unsigned long block = 0;
    Barrier phase;
    unsigned expected = 0;
    unsigned arrived = 0;
    long bytes = 0;
    std::vector<BoxCopy> boxes;
};

extern ByteBarrier byte_barriers[232448 / 8];

inline ByteBarrier& barrier_at(uint at)
{
    ByteBarrier& barrier = byte_barriers[at / 8];
    shared_bytes_at(at, 8);
    if (at % 8 != 0 || barrier.block != block_serial) violation("a barrier is not aligned or not initialised");
    return barrier;
}

inline void settle(ByteBarrier& barrier)
{
    if (barrier.arrived < barrier.expected || barrier.bytes != 0) return;
    barrier.arrived = 0;
    arrive(barrier.phase, 1);
}

inline void copy(const BoxCopy& box)
{
    const TensorMap& m = *box.map;
    for (unsigned r = 0; r < m.box_rows; r++)
    {
        for (unsigned c = 0; c < m.box_columns; c++)
        {
            long from_row = box.row + (long)r, from_column = box.column + (long)c;
            bool there = from_row >= 0 && from_row < (long)m.rows && from_column >= 0 && from_column < (long)m.columns;
            uint at = box.to + r * 128 + ((c / 8 ^ r % 8) * 16) + c % 8 * 2;
            ushort value = 0;
            if (there) memcpy(&value, m.address + from_row * m.row_bytes + from_column * 2, 2);
            memcpy(shared_bytes_at(at, 2), &value, 2);
        }
    }
}

inline void deliver(ByteBarrier& barrier)
{
    for (const BoxCopy& box : barrier.boxes)
    {
        copy(box);
        barrier.bytes -= (long)box.map->box_rows * box.map->box_columns * 2;
    }

    barrier.boxes.clear();
    settle(barrier);
}

}

inline void barrier_init(uint at, int count)
{
    emulator::ByteBarrier& barrier = emulator::byte_barriers[at / 8];
    barrier = emulator::ByteBarrier{emulator::block_serial, {1, 0, 0}, (unsigned)count, 0, 0, {}};
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
    while ((int)(barrier.phase.phase & 1) == parity)
    {
        if (!barrier.boxes.empty())
        {
            emulator::deliver(barrier);
            continue;
        }

        emulator::wait_while(barrier.phase, barrier.phase.phase);
    }
}

inline void copy_box(uint to, const tensor_map* map, uint barrier, int column, int row)
{
    if (to % 1024 != 0 || (unsigned long)map % 64 != 0) emulator::violation("a box or its description is not aligned");
    emulator::ByteBarrier& reports = emulator::barrier_at(barrier);
    reports.boxes.push_back({to, (const emulator::TensorMap*)map, column, row});
    if (emulator::copies_are_early()) emulator::deliver(reports);
}

template <int count>
inline void fewer_registers() {}
template <int count>
inline void more_registers() {}

inline void named_arrive(int barrier, int threads)
{
    emulator::Barrier& named = emulator::of_name(barrier);
    named.expected = (unsigned)threads;
    emulator::arrive(named, 1);
}

inline void named_sync(int barrier, int threads)
{
    emulator::Barrier& named = emulator::of_name(barrier);
    unsigned phase = named.phase;
    named_arrive(barrier, threads);
    emulator::wait_while(named, phase);
}

#include "hopper_groups.h"
