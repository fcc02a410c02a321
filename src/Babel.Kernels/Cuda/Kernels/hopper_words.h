// Words for the tensor cores of compute capability 9.0: PTX ISA, sections "wgmma.mma_async", "mbarrier", "cp.async.bulk.tensor", "setmaxnreg".
#pragma once
#include "tensor_words.h"

// What cuTensorMapEncodeTiled makes of a matrix; a kernel takes it by value.
struct __attribute__((aligned(64))) tensor_map
{
    uchar bytes[128];
};

#ifndef EMULATED_GPU

// Where the i-th parameter of a kernel lies. Taking its address in C++ would copy it to memory of the thread, where copies cannot find it.
#define PARAMETER_AT(kernel, i, parameter)                                                                                                  \
    ({                                                                                                                             \
        ulong at_;                                                                                                                 \
        asm("{\n.reg .b64 t;\nmov.b64 t, " #kernel "_param_" #i ";\ncvta.param.u64 %0, t;\n}" : "=l"(at_));                        \
        (const tensor_map*)at_;                                                                                                    \
    })

// A barrier in shared memory: a phase ends when `count` arrivals and all announced bytes have come.
FUNCTION void barrier_init(uint at, int count) { asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(at), "r"(count) : "memory"); }

// Makes initialised barriers visible to the copies.
FUNCTION void barriers_ready() { asm volatile("fence.mbarrier_init.release.cluster;\nfence.proxy.async;" ::: "memory"); }

// Makes what was stored to shared memory visible to multiplications from there.
FUNCTION void shared_ready() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }

// Arrives, and announces bytes.
FUNCTION void barrier_expect(uint at, int bytes)
{
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(at), "r"(bytes) : "memory");
}

FUNCTION void barrier_arrive(uint at) { asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(at) : "memory"); }

// Waits while the current phase has this parity.
FUNCTION void barrier_wait(uint at, int parity)
{
    asm volatile(
        "{\n.reg .pred done;\nAGAIN_%=:\nmbarrier.try_wait.parity.shared::cta.b64 done, [%0], %1;\n@done bra.uni DONE_%=;\nbra.uni AGAIN_%=;\nDONE_%=:\n}" ::"r"(at),
        "r"(parity)
        : "memory");
}

// Copies the box of a matrix that begins at (row, column), zeros beyond its ends, and reports the bytes to a barrier.
FUNCTION void copy_box(uint to, const tensor_map* map, uint barrier, int column, int row)
{
    asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4}], [%2];" ::"r"(to), "l"(map),
                 "r"(barrier), "r"(column), "r"(row)
                 : "memory");
}

// Registers of a thread from here on, for a whole group of four warps.
template <int count>
FUNCTION void fewer_registers() { asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(count)); }
template <int count>
FUNCTION void more_registers() { asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(count)); }

FUNCTION void group_begin() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
FUNCTION void group_commit() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }
template <int pending>
FUNCTION void group_wait() { asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(pending) : "memory"); }

#define NUMBERS_16 "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15"
#define NUMBERS_32 NUMBERS_16 ", %16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31"
#define NUMBERS_48 NUMBERS_32 ", %32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47"
#define NUMBERS_64 NUMBERS_48 ", %48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63"
#define NUMBERS_128                                                                                                                \
    NUMBERS_64                                                                                                                     \
    ", %64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, %78, %79"                                             \
    ", %80, %81, %82, %83, %84, %85, %86, %87, %88, %89, %90, %91, %92, %93, %94, %95"                                             \
    ", %96, %97, %98, %99, %100, %101, %102, %103, %104, %105, %106, %107, %108, %109, %110, %111"                                 \
    ", %112, %113, %114, %115, %116, %117, %118, %119, %120, %121, %122, %123, %124, %125, %126, %127"
#define BOUND_4(how, d, i) how(d[i]), how(d[i + 1]), how(d[i + 2]), how(d[i + 3])
#define BOUND_16(how, d, i) BOUND_4(how, d, i), BOUND_4(how, d, i + 4), BOUND_4(how, d, i + 8), BOUND_4(how, d, i + 12)
#define BOUND_16_0(how, d) BOUND_16(how, d, 0)
#define BOUND_32(how, d) BOUND_16(how, d, 0), BOUND_16(how, d, 16)
#define BOUND_48(how, d) BOUND_32(how, d), BOUND_16(how, d, 32)
#define BOUND_64(how, d) BOUND_48(how, d), BOUND_16(how, d, 48)
#define BOUND_128(how, d) BOUND_64(how, d), BOUND_16(how, d, 64), BOUND_16(how, d, 80), BOUND_16(how, d, 96), BOUND_16(how, d, 112)
#define READ_AND_WRITTEN(x) "+f"(x)
#define WRITTEN(x) "=f"(x)

// d += a b^T for a 64 x 16 and b n x 16, bf16 in shared memory (operand_at), d float32: lane l of warp w holds columns 8 j + 2 (l % 4) and the next
// of rows 16 w + l / 4 (d[4 j]) and 8 below (d[4 j + 2]).
#define GROUP_MULTIPLY(count, bound, n, a, b)                                                                                      \
    FUNCTION void group_multiply(float (&d)[count], ulong left, ulong right)                                                       \
    {                                                                                                                              \
        asm volatile("wgmma.mma_async.sync.aligned.m64n" #n "k16.f32.bf16.bf16 {" NUMBERS_##count "}, %" #a ", %" #b ", 1, 1, 1, 0, 0;" \
                     : bound(READ_AND_WRITTEN, d)                                                                                  \
                     : "l"(left), "l"(right));                                                                                     \
    }

GROUP_MULTIPLY(16, BOUND_16_0, 32, 16, 17)
GROUP_MULTIPLY(64, BOUND_64, 128, 64, 65)
GROUP_MULTIPLY(128, BOUND_128, 256, 128, 129)

// The same without what d held.
FUNCTION void group_multiply_anew(float (&d)[64], ulong left, ulong right)
{
    asm volatile("wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 {" NUMBERS_64 "}, %64, %65, 0, 1, 1, 0, 0;"
                 : BOUND_64(WRITTEN, d)
                 : "l"(left), "l"(right));
}

// d += a b for a 64 x 16 in registers, as accumulators of columns 16 i to 16 i + 15 lie there, and b 16 x n in shared memory (turned_operand_at).
#define GROUP_MULTIPLY_TURNED(count, bound, n, a0, a1, a2, a3, b)                                                                  \
    FUNCTION void group_multiply_turned(float (&d)[count], const uint (&a)[4], ulong right)                                        \
    {                                                                                                                              \
        asm volatile("wgmma.mma_async.sync.aligned.m64n" #n "k16.f32.bf16.bf16 {" NUMBERS_##count "}, {%" #a0 ", %" #a1 ", %" #a2 ", %" #a3 \
                     "}, %" #b ", 1, 1, 1, 1;"                                                                                     \
                     : bound(READ_AND_WRITTEN, d)                                                                                  \
                     : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(right));                                                    \
    }

GROUP_MULTIPLY_TURNED(32, BOUND_32, 64, 32, 33, 34, 35, 36)
GROUP_MULTIPLY_TURNED(48, BOUND_48, 96, 48, 49, 50, 51, 52)
GROUP_MULTIPLY_TURNED(64, BOUND_64, 128, 64, 65, 66, 67, 68)

// After a wait: from here on accumulators may be read, and registers multiplied from may be written. Without it the compiler, which takes a multiplication
// for done where it stands, might move either before the wait. Before group_begin: what was written to these registers is written before the fence, as
// multiplications demand; the compiler knows the fence as one of memory and might move writes of registers behind it.
template <int COUNT>
FUNCTION void group_done(float (&d)[COUNT])
{
    UNROLL for (int i = 0; i < COUNT; i++) asm volatile("" : "+f"(d[i])::"memory");
}

template <int COUNT>
FUNCTION void group_done(uint (&a)[COUNT][4])
{
    UNROLL for (int i = 0; i < COUNT; i++) UNROLL for (int l = 0; l < 4; l++) asm volatile("" : "+r"(a[i][l])::"memory");
}

// Named barriers of a block: waits for, or only counts towards, so many threads.
FUNCTION void named_sync(int barrier, int threads) { asm volatile("bar.sync %0, %1;" ::"r"(barrier), "r"(threads) : "memory"); }
FUNCTION void named_arrive(int barrier, int threads) { asm volatile("bar.arrive %0, %1;" ::"r"(barrier), "r"(threads) : "memory"); }

#endif

// How the multiplications find an operand whose rows are 128 bytes, 16-byte pieces exchanged within every 8 rows as the copies put them: the address, 1024
// bytes from one 8 rows to the next, and the form of exchange. 16 elements further on is 2 more.
FUNCTION ulong operand_at(uint at) { return (ulong)((at & 0x3FFFF) >> 4) | ((ulong)1 << 16) | ((ulong)(1024 >> 4) << 32) | ((ulong)1 << 62); }

// The same for an operand of which a row lies along what is summed: 16 rows, `stretch` bytes from 64 columns to the next 64 (PTX ISA, "matrix descriptor": the
// leading offset).
FUNCTION ulong turned_operand_at(uint at, int stretch) { return (operand_at(at) & ~((ulong)0x3FFF << 16)) | ((ulong)(stretch >> 4) << 16); }
