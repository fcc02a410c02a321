// Everything a forward pass and its statistics need, for any GPU of compute capability 7.0 or later.
#include "product.h"
#include "attention.h"
#include "../../Gpu/Kernels/norm.cl"
#include "../../Gpu/Kernels/rows.cl"
#include "../../Gpu/Kernels/draw.cl"
#include "../../Gpu/Kernels/statistics.cl"
#include "../../Gpu/Kernels/log_prob.cl"
#include "../../Gpu/Kernels/qk.cl"
#include "qk_tiled.h"
#include "statistics.h"
#include "peak_float.h"

PRODUCT_KERNEL(product_narrow, 1, 4, false)
PRODUCT_KERNEL(product_square, 4, 4, false)
PRODUCT_KERNEL(product_wide, 8, 8, false)
PRODUCT_KERNEL(gated_narrow, 1, 4, true)
PRODUCT_KERNEL(gated_square, 4, 4, true)
PRODUCT_KERNEL(gated_wide, 8, 8, true)

ATTENTION_KERNEL(attention_64, 64, 64)
ATTENTION_KERNEL(attention_128, 64, 128)
ATTENTION_KERNEL(attention_256, 32, 256)
ATTENTION_KERNEL(attention_256_small, 16, 256)
