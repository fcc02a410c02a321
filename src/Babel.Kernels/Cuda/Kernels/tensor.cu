// Products and attention on the tensor cores of compute capability 8.0 and later. "exact": activations in three bf16 parts; "fast": in one.
#include "tensor_product.h"
#include "tensor_attention.h"
#include "brain_keys.h"
#include "split.h"
#include "peak_tensor.h"

SPLIT_KERNEL(split_exact, 3)
SPLIT_KERNEL(split_fast, 1)
TENSOR_KERNEL(tensor_exact_narrow, 3, 16, 32, 16, 16, 6, false)
TENSOR_KERNEL(tensor_exact_square, 3, 64, 64, 32, 16, 4, false)
TENSOR_KERNEL(tensor_exact_wide, 3, 128, 128, 64, 32, 3, false)
TENSOR_KERNEL(tensor_exact_gated_narrow, 3, 16, 32, 16, 16, 6, true)
TENSOR_KERNEL(tensor_exact_gated_square, 3, 64, 64, 32, 16, 4, true)
TENSOR_KERNEL(tensor_exact_gated_wide, 3, 128, 128, 64, 32, 3, true)
TENSOR_KERNEL(tensor_fast_narrow, 1, 16, 32, 16, 16, 6, false)
TENSOR_KERNEL(tensor_fast_square, 1, 64, 64, 32, 16, 4, false)
TENSOR_KERNEL(tensor_fast_wide, 1, 128, 128, 64, 32, 4, false)
TENSOR_KERNEL(tensor_fast_gated_narrow, 1, 16, 32, 16, 16, 6, true)
TENSOR_KERNEL(tensor_fast_gated_square, 1, 64, 64, 32, 16, 4, true)
TENSOR_KERNEL(tensor_fast_gated_wide, 1, 128, 128, 64, 32, 4, true)

TENSOR_ATTENTION_KERNEL(tensor_attention_narrow_64, 4, 64)
TENSOR_ATTENTION_KERNEL(tensor_attention_narrow_96, 4, 96)
TENSOR_ATTENTION_KERNEL(tensor_attention_narrow_128, 4, 128)
TENSOR_ATTENTION_KERNEL(tensor_attention_wide_64, 8, 64)
TENSOR_ATTENTION_KERNEL(tensor_attention_wide_96, 8, 96)
TENSOR_ATTENTION_KERNEL(tensor_attention_wide_128, 8, 128)
