// What OpenCL C 1.2 and CUDA C++ call differently. Every kernel under Gpu/Kernels is written in these words and nothing else of either dialect.
//
// The host defines, for the source as a whole:
//   LANES      floats an item takes at a time: 1 on a GPU, 16 on a CPU, where float16 is one register (OpenCL only)
//   ROW_LOCAL  items that share a row in norms and reductions, a power of two
//   FLAT_LOCAL items of a group in which each works for itself
//   PANEL      outputs in a panel of a weight, see weights.h
//
// A tensor is two arguments: the buffer, and where its first element lies, in elements. OpenCL 1.2 has no pointers into buffers on the host.

#if defined(__OPENCL_VERSION__) || defined(__OPENCL_C_VERSION__)

#pragma OPENCL FP_CONTRACT OFF
#define KERNEL_OF(items, groups) __kernel __attribute__((reqd_work_group_size(items, 1, 1)))
#define GLOBAL __global
#define LOCAL __local
#define LOCAL_ARRAY(type, name, size) __local type name[size]
#define FUNCTION static inline
#define BARRIER() barrier(CLK_LOCAL_MEM_FENCE)
#define GROUP(axis) ((long)get_group_id(axis))
#define ITEM ((int)get_local_id(0))
#define FLAT_ITEM ((long)get_global_id(0))
#define SQRT(x) sqrt(x)
#define BITS_OF(x) as_uint(x)
#define FROM_BITS(u) as_float(u)

#elif !defined(EMULATED_GPU) // an emulator compiles the kernels for the host and brings these words along

#define GLOBAL
#define LOCAL
#define LOCAL_ARRAY(type, name, size) __attribute__((shared)) type name[size]
#define FUNCTION static __attribute__((device)) inline __attribute__((always_inline))
#define BARRIER() __syncthreads()
#define GROUP(axis) GROUP_##axis
#define GROUP_0 ((long)__nvvm_read_ptx_sreg_ctaid_x())
#define GROUP_1 ((long)__nvvm_read_ptx_sreg_ctaid_y())
#define GROUP_2 ((long)__nvvm_read_ptx_sreg_ctaid_z())
#define ITEM ((int)__nvvm_read_ptx_sreg_tid_x())
#define FLAT_ITEM (GROUP_0 * (long)__nvvm_read_ptx_sreg_ntid_x() + (long)__nvvm_read_ptx_sreg_tid_x())
#define SQRT(x) __nvvm_sqrt_rn_f(x)
#define BITS_OF(x) __builtin_bit_cast(unsigned int, (float)(x))
#define FROM_BITS(u) __builtin_bit_cast(float, (unsigned int)(u))
typedef unsigned char uchar;
typedef unsigned short ushort;
typedef unsigned int uint;
#define INFINITY __builtin_inff()

#endif

// A kernel whose items each work for themselves. Others say how many items a group has, KERNEL_OF(items, groups); CUDA is also told how many groups
// a multiprocessor is to hold at least.
#define KERNEL KERNEL_OF(FLAT_LOCAL, 1)

// What a storage type is called between host and kernels.
#define STORAGE_F32 0
#define STORAGE_F16 1
#define STORAGE_BF16 2

// The running maximum before the first value: below every score, but finite, so that a block in which nothing is visible changes nothing.
#define NO_MAXIMUM (-1e30f)
