// Words for the tensor cores of compute capability 8.0 and later: PTX ISA, sections "cp.async", "ldmatrix" and "mma.sync".
#pragma once
#include "words.h"

#ifndef EMULATED_GPU

// An address in shared memory as PTX instructions take it.
FUNCTION uint shared_at(const void* p) { return (uint)(unsigned long)(__attribute__((address_space(3))) const void*)p; }

// Starts copying 16 bytes to shared memory, or zeros where nothing is there.
FUNCTION void copy_async(uint to, const void* from, bool there)
{
    int bytes = there ? 16 : 0;
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from), "r"(bytes) : "memory");
}

// Ends a group of copies; waits until all but the latest `pending` groups are there.
FUNCTION void copy_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
template <int pending>
FUNCTION void copy_wait() { asm volatile("cp.async.wait_group %0;" ::"n"(pending) : "memory"); }

// Four 8 x 8 matrices of 16-bit elements: lane l gives the address of row l % 8 of matrix l / 8, and gets elements 2 (l % 4) and the next of row
// l / 4 of each.
FUNCTION void load_matrices(uint* r, uint at)
{
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(at) : "memory");
}

// The same, each matrix turned over: elements 2 (l % 4) and the next of column l / 4.
FUNCTION void load_matrices_turned(uint* r, uint at)
{
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(at) : "memory");
}

// Two numbers rounded to bf16, to nearest even; the first in the low half.
FUNCTION uint brain_pair(float low, float high)
{
    uint pair;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(high), "f"(low));
    return pair;
}

// 2^x to within 2^-22 of it; below 2^-126 it is 0 (PTX ISA, "ex2").
FUNCTION float power_of_two(float x)
{
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

// 1 / x to within 2^-23 of it (PTX ISA, "rcp").
FUNCTION float reciprocal(float x)
{
    float y;
    asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

// The larger one, or the one that is a number.
FUNCTION float larger_of(float a, float b) { return __nvvm_fmax_f(a, b); }

// d += a b for a 16 x 16 and b 16 x 8, both bf16, d float32. Lane l holds of d: rows l / 4 and l / 4 + 8, columns 2 (l % 4) and the next.
FUNCTION void multiply(float* d, const uint* a, const uint* b)
{
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
                 : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

#endif
