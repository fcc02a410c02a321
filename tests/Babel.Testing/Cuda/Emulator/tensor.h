// The words of Cuda/Kernels/tensor_words.h: what a warp does together, over fibers.
#pragma once
#include "words.h"
#include <vector>

namespace emulator {

struct Copy
{
    uint to;
    const void* from;
    bool there;
};

// The asynchronous copies of a thread. They are made when they are waited for and not before, so that a wait that is missing shows.
struct Copies
{
    unsigned long block = 0;
    std::vector<std::vector<Copy>> groups;
    std::vector<Copy> open;
};

extern Copies copies[most_threads];
extern unsigned long block_serial;

inline Copies& of_thread()
{
    Copies& own = copies[thread_index];
    if (own.block != block_serial)
    {
        own.block = block_serial;
        own.groups.clear();
        own.open.clear();
    }

    return own;
}

// A shared address behind the block's memory is the kernel's fault.
inline unsigned char* shared_bytes_at(uint at, uint count)
{
    if ((unsigned long)at + count > dynamic_shared_bytes) violation("a shared address is behind the block's memory");
    return dynamic_shared + at;
}

inline float bf16(uint bits) { return FROM_BITS(bits << 16); }

}

inline uint shared_at(const void* p) { return (uint)((const unsigned char*)p - emulator::dynamic_shared); }

inline void copy_async(uint to, const void* from, bool there)
{
    if (to % 16 != 0 || (there && (unsigned long)from % 16 != 0)) emulator::violation("an asynchronous copy is not aligned");
    emulator::of_thread().open.push_back({to, from, there});
}

inline void copy_commit()
{
    emulator::Copies& own = emulator::of_thread();
    own.groups.push_back(std::move(own.open));
    own.open.clear();
}

template <int pending>
inline void copy_wait()
{
    emulator::Copies& own = emulator::of_thread();
    size_t done = own.groups.size() > pending ? own.groups.size() - pending : 0;
    for (size_t g = 0; g < done; g++)
    {
        for (const emulator::Copy& copy : own.groups[g])
        {
            unsigned char* to = emulator::shared_bytes_at(copy.to, 16);
            if (copy.there) memcpy(to, copy.from, 16);
            else memset(to, 0, 16);
        }
    }

    own.groups.erase(own.groups.begin(), own.groups.begin() + done);
}

inline void load_matrices(uint* r, uint at)
{
    int lane = ITEM % 32, first = ITEM - lane;
    if (at % 16 != 0) emulator::violation("a row of a matrix is not aligned");
    emulator::exchange.words[ITEM][0] = at;
    emulator::arrive_and_wait(emulator::of_warp());
    for (int matrix = 0; matrix < 4; matrix++)
    {
        uint row = emulator::exchange.words[first + 8 * matrix + lane / 4][0];
        memcpy(&r[matrix], emulator::shared_bytes_at(row, 16) + lane % 4 * 4, 4);
    }

    emulator::arrive_and_wait(emulator::of_warp());
}

inline void load_matrices_turned(uint* r, uint at)
{
    int lane = ITEM % 32, first = ITEM - lane;
    if (at % 16 != 0) emulator::violation("a row of a matrix is not aligned");
    emulator::exchange.words[ITEM][0] = at;
    emulator::arrive_and_wait(emulator::of_warp());
    for (int matrix = 0; matrix < 4; matrix++)
    {
        r[matrix] = 0;
        for (int i = 0; i < 2; i++)
        {
            uint row = emulator::exchange.words[first + 8 * matrix + lane % 4 * 2 + i][0];
            ushort element;
            memcpy(&element, emulator::shared_bytes_at(row, 16) + lane / 4 * 2, 2);
            r[matrix] |= (uint)element << 16 * i;
        }
    }

    emulator::arrive_and_wait(emulator::of_warp());
}

inline uint brain_pair(float low, float high)
{
    uint pair = 0;
    for (int i = 0; i < 2; i++)
    {
        float x = i ? high : low;
        uint bits = BITS_OF(x), rounded = x != x ? 0x7FFF : (bits + 0x7FFF + (bits >> 16 & 1)) >> 16;
        pair |= rounded << 16 * i;
    }

    return pair;
}

inline float power_of_two(float x)
{
    float y = exp2f(x);
    return y < 0x1p-126f ? 0.0f : y;
}

inline float reciprocal(float x) { return 1.0f / x; }
inline float larger_of(float a, float b) { return fmaxf(a, b); }

// Fragments as in the PTX ISA, section "mma.m16n8k16": a register r of lane l holds row l / 4 + 8 (r % 2) and columns 2 (l % 4) + 8 (r / 2) and the next;
// of b, column l / 4 and rows 2 (l % 4) + 8 r and the next. The device adds 16 products without rounding each; so does this.
inline void multiply(float* d, const uint* a, const uint* b)
{
    int lane = ITEM % 32, first = ITEM - lane;
    uint* own = emulator::exchange.words[ITEM];
    for (int i = 0; i < 4; i++) own[i] = a[i];
    for (int i = 0; i < 2; i++) own[4 + i] = b[i];
    emulator::arrive_and_wait(emulator::of_warp());
    for (int q = 0; q < 4; q++)
    {
        int row = lane / 4 + q / 2 * 8, column = lane % 4 * 2 + q % 2;
        double sum = 0;
        for (int k = 0; k < 16; k++)
        {
            uint left = emulator::exchange.words[first + row % 8 * 4 + k % 8 / 2][row / 8 + k / 8 * 2];
            uint right = emulator::exchange.words[first + column * 4 + k % 8 / 2][4 + k / 8];
            int shift = k % 2 * 16;
            sum += (double)emulator::bf16(left >> shift & 0xFFFF) * emulator::bf16(right >> shift & 0xFFFF);
        }

        d[q] = (float)(d[q] + sum);
    }

    emulator::arrive_and_wait(emulator::of_warp());
}
