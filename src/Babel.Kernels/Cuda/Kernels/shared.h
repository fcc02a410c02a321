// The kernels OpenCL and CUDA share, one float an item, weights row-major.
#pragma once
#define LANES 1
#define ROW_LOCAL 256
#define FLAT_LOCAL 256
#define PANEL 1
#include "words.h"
#include "../../Gpu/Kernels/lanes.h"
#include "../../Gpu/Kernels/math.h"
#include "../../Gpu/Kernels/weights.h"
#include "../../Gpu/Kernels/scores.h"

// Four neighbouring elements of a row, zeros behind its end. What is aligned is loaded at once.
FUNCTION float4 load_four(const float* row, int k, int inner, bool aligned)
{
    if (aligned && k + 4 <= inner) return *(const float4*)(row + k);
    float4 four = {0.0f, 0.0f, 0.0f, 0.0f};
    UNROLL for (int i = 0; i < 4; i++) if (k + i < inner) four[i] = row[k + i];
    return four;
}
