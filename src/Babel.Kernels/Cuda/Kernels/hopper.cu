// Products and attention on the tensor cores of compute capability 9.0. "exact": activations in three bf16 parts; "fast": in one.
#include "hopper_product.h"
#include "hopper_attention.h"
#include "peak_hopper.h"

HOPPER_KERNEL(hopper_exact_narrow, 3, 64, 32, 6, false)
HOPPER_KERNEL(hopper_exact_square, 3, 128, 128, 3, false)
HOPPER_KERNEL(hopper_exact_wide, 3, 128, 256, 2, false)
HOPPER_KERNEL(hopper_exact_gated_narrow, 3, 64, 32, 6, true)
HOPPER_KERNEL(hopper_exact_gated_square, 3, 128, 128, 3, true)
HOPPER_KERNEL(hopper_exact_gated_wide, 3, 128, 256, 2, true)
HOPPER_KERNEL(hopper_fast_narrow, 1, 64, 32, 8, false)
HOPPER_KERNEL(hopper_fast_square, 1, 128, 128, 6, false)
HOPPER_KERNEL(hopper_fast_wide, 1, 128, 256, 4, false)
HOPPER_KERNEL(hopper_fast_gated_narrow, 1, 64, 32, 8, true)
HOPPER_KERNEL(hopper_fast_gated_square, 1, 128, 128, 6, true)
HOPPER_KERNEL(hopper_fast_gated_wide, 1, 128, 256, 4, true)

HOPPER_ATTENTION_KERNEL(hopper_attention_narrow_64, 1, 64)
HOPPER_ATTENTION_KERNEL(hopper_attention_narrow_96, 1, 96)
HOPPER_ATTENTION_KERNEL(hopper_attention_narrow_128, 1, 128)
HOPPER_ATTENTION_KERNEL(hopper_attention_wide_64, 2, 64)
HOPPER_ATTENTION_KERNEL(hopper_attention_wide_96, 2, 96)
HOPPER_ATTENTION_KERNEL(hopper_attention_wide_128, 2, 128)
