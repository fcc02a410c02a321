// wgmma: multiplication from shared memory by four warps, asynchronous. A product is worked out when it is asked for, but its accumulators hold NaN until it is
// waited for, and then everything it was made from must still be what it was: a place in shared memory given away too early shows, and so does a register.
#pragma once
#include <cmath>
#include <vector>

namespace emulator {

// An element of a K-major operand at (row, k), or of a turned one at (k, column): what a descriptor says, with the exchange of 16-byte pieces done on the
// address itself, as the device does.
inline float element(unsigned long operand, int index, int k, bool turned)
{
    uint start = (uint)(operand & 0x3FFF) << 4, leading = (uint)(operand >> 16 & 0x3FFF) << 4, stride = (uint)(operand >> 32 & 0x3FFF) << 4;
    uint at = turned ? start + index / 64 * leading + k / 8 * stride + k % 8 * 128 + index % 64 * 2
                     : start + index / 8 * stride + index % 8 * 128 + k * 2;
    at ^= (at >> 7 & 7) << 4;
    ushort bits;
    memcpy(&bits, shared_bytes_at(at, 2), 2);
    return bf16(bits);
}

// What a product was made from, of an operand in shared memory this thread's share.
struct GroupSource
{
    unsigned long operand;
    int extent;
    bool turned;
    const uint* registers;
    uint held[4];
    unsigned long sum;
    long group;

    unsigned long checksum() const
    {
        unsigned long sum = 0;
        for (int i = ITEM % 128; i < extent * 16; i += 128) sum = sum * 31 + BITS_OF(element(operand, i / 16, i % 16, turned));
        return sum;
    }

    bool changed() const { return registers ? memcmp(held, registers, sizeof held) != 0 : checksum() != sum; }
};

// An accumulator under way.
struct GroupSum
{
    float* to;
    std::vector<float> values;
    long group;
};

struct Groups
{
    unsigned long block = 0;
    long open = 0;
    std::vector<GroupSource> sources;
    std::vector<GroupSum> sums;
};

extern Groups groups[most_threads];

inline Groups& groups_of_thread()
{
    Groups& own = groups[thread_index];
    if (own.block != block_serial) own = Groups{block_serial, 0, {}, {}};
    return own;
}

inline GroupSum& sum_under_way(float* d, int count)
{
    Groups& own = groups_of_thread();
    for (GroupSum& sum : own.sums)
    {
        if (sum.to == d) return sum;
    }

    own.sums.push_back({d, std::vector<float>(d, d + count), own.open});
    for (int i = 0; i < count; i++) d[i] = NAN;
    return own.sums.back();
}

inline void uses(unsigned long operand, int extent, bool turned)
{
    GroupSource source = {operand, extent, turned, nullptr, {}, 0, groups_of_thread().open};
    source.sum = source.checksum();
    groups_of_thread().sources.push_back(source);
}

// left: rows item / 32 * 16 + item % 32 / 4 and 8 below.
inline void multiply_group(float* d, int count, const float (&left)[2][16], unsigned long b, bool turned, bool anew)
{
    if (b >> 62 != 1) violation("an operand is not exchanged within 128 bytes");
    GroupSum& sum = sum_under_way(d, count);
    sum.group = groups_of_thread().open;
    if (anew) sum.values.assign((size_t)count, 0.0f);
    uses(b, count * 2, turned);
    for (int j = 0; j < count / 4; j++)
    {
        for (int side = 0; side < 2; side++)
        {
            int column = 8 * j + ITEM % 4 * 2 + side;
            double sums[2] = {0, 0};
            for (int k = 0; k < 16; k++)
            {
                float right = element(b, column, k, turned);
                for (int half = 0; half < 2; half++) sums[half] += (double)left[half][k] * right;
            }

            for (int half = 0; half < 2; half++)
            {
                float& value = sum.values[(size_t)(4 * j + 2 * half + side)];
                value = (float)(value + sums[half]);
            }
        }
    }
}

inline void multiply_from_shared(float* d, int count, unsigned long a, unsigned long b, bool anew)
{
    if (a >> 62 != 1) violation("an operand is not exchanged within 128 bytes");
    int item = ITEM % 128, row = item / 32 * 16 + item % 32 / 4;
    float left[2][16];
    for (int half = 0; half < 2; half++)
        for (int k = 0; k < 16; k++) left[half][k] = element(a, row + 8 * half, k, false);
    uses(a, 64, false);
    multiply_group(d, count, left, b, false, anew);
}

}

inline void group_begin() {}
inline void group_commit() { emulator::groups_of_thread().open++; }

template <int pending>
inline void group_wait()
{
    // A warp waits as one. Others may do meanwhile whatever this thread has allowed them.
    emulator::Groups& own = emulator::groups_of_thread();
    long done = own.open - pending;
    emulator::step_aside();
    std::erase_if(own.sources, [&](const emulator::GroupSource& source)
    {
        if (source.group < done && source.changed()) emulator::violation("an operand changed before its product was waited for");
        return source.group < done;
    });
    std::erase_if(own.sums, [&](const emulator::GroupSum& sum)
    {
        if (sum.group >= done) return false;
        memcpy(sum.to, sum.values.data(), sum.values.size() * sizeof(float));
        return true;
    });
    emulator::arrive_and_wait(emulator::of_warp());
}

template <int count>
inline void group_multiply(float (&d)[count], unsigned long a, unsigned long b) { emulator::multiply_from_shared(d, count, a, b, false); }

template <int count>
inline void group_multiply_anew(float (&d)[count], unsigned long a, unsigned long b) { emulator::multiply_from_shared(d, count, a, b, true); }

template <int count>
inline void group_multiply_turned(float (&d)[count], const uint (&a)[4], unsigned long b)
{
    int lane = ITEM % 32, quad = ITEM - lane % 4;
    for (int i = 0; i < 4; i++) emulator::exchange.words[ITEM][i] = a[i];
    emulator::arrive_and_wait(emulator::of_warp());
    float left[2][16];
    for (int half = 0; half < 2; half++)
        for (int k = 0; k < 16; k++)
            left[half][k] = emulator::bf16(emulator::exchange.words[quad + k % 8 / 2][half + k / 8 * 2] >> k % 2 * 16 & 0xFFFF);
    emulator::arrive_and_wait(emulator::of_warp());
    emulator::GroupSource source = {0, 0, false, a, {a[0], a[1], a[2], a[3]}, 0, emulator::groups_of_thread().open};
    emulator::groups_of_thread().sources.push_back(source);
    emulator::multiply_group(d, count, left, b, true, false);
}

template <typename Registers>
inline void group_done(Registers&) {}
