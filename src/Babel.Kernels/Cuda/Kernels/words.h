// What the CUDA kernels say beside the words of Gpu/Kernels/prelude.h. C++ for clang without an SDK; an emulator on the host defines the same
// words over its own threads.
#pragma once
#include "../../Gpu/Kernels/prelude.h"

#ifndef EMULATED_GPU

// A kernel for blocks of exactly this many threads, of which a multiprocessor is to hold at least so many.
#define KERNEL_OF(threads, blocks) extern "C" __attribute__((global, launch_bounds(threads, blocks)))

// The shared memory a launch asks for.
extern __attribute__((shared, aligned(1024))) unsigned char shared_bytes[];

#define FUNCTION_MEMBER __attribute__((device)) inline __attribute__((always_inline))
FUNCTION float shuffle_xor(float x, int mask) { return __nvvm_shfl_sync_bfly_f32(0xFFFFFFFFu, x, mask, 31); }

#endif

#define UNROLL _Pragma("unroll")

typedef float float4 __attribute__((ext_vector_type(4)));
typedef ushort ushort4 __attribute__((ext_vector_type(4)));
typedef uint uint4 __attribute__((ext_vector_type(4)));
typedef float float2 __attribute__((ext_vector_type(2)));

// Where a tensor begins; a null pointer stays one.
template <typename T>
FUNCTION T* start_of(T* buffer, long at) { return buffer == nullptr ? nullptr : buffer + at; }
