// What happens to a product before it is stored, the same for every product kernel: the accumulators go through a tile in shared memory, so that
// neighbouring threads store neighbouring columns, and the steps of an epilogue are written once.
#pragma once
#include "shared.h"

// The steps, each optional: bias, pre tap, activation, gate, scale, post tap, residual (Epilogue), or those of a gated product (GatedEpilogue).
struct finish_steps
{
    float* y;
    const float* bias;
    float* pre;
    const float* up_bias;
    float* up_pre;
    const float* gate;
    const float* scale;
    float* post;
    const float* residual;
    int activation;
    float parameter;
    int rows, columns;
};

// What a kernel takes for them, after its operands: every tensor is a buffer and where it begins.
#define FINISH_PARAMETERS                                                                                                          \
    float *y, long y_at, const float *bias, long bias_at, float *pre, long pre_at, const float *up_bias, long up_bias_at,          \
    float *up_pre, long up_pre_at, const float *gate, long gate_at, const float *scale, long scale_at, float *post, long post_at,  \
    const float *residual, long residual_at, int activation, float parameter, int rows, int columns, int inner

#define FINISH_STEPS                                                                                                               \
    finish_steps                                                                                                                   \
    {                                                                                                                              \
        start_of(y, y_at), start_of(bias, bias_at), start_of(pre, pre_at), start_of(up_bias, up_bias_at), start_of(up_pre, up_pre_at), \
        start_of(gate, gate_at), start_of(scale, scale_at), start_of(post, post_at), start_of(residual, residual_at), activation,  \
        parameter, rows, columns                                                                                                   \
    }

// Stores TILE_ROWS rows of a tile whose first element is (row, column) of the result, by THREADS threads of which this is number `item`. A gated tile
// holds COLUMNS columns of the gate, then as many of the other product.
template <int TILE_ROWS, int COLUMNS, int THREADS, bool GATED>
FUNCTION void finish_tile(const finish_steps& steps, const float* tile, int pitch, int row, int column, int item)
{
    for (int i = item; i < TILE_ROWS * COLUMNS; i += THREADS)
    {
        int r = i / COLUMNS, c = i % COLUMNS, n = column + c;
        if (row + r >= steps.rows || n >= steps.columns) continue;
        long at = (long)(row + r) * steps.columns + n;
        float value = tile[r * pitch + c];
        if (steps.bias) value += steps.bias[n];
        if (steps.pre) steps.pre[at] = value;
        value = v_activate(value, steps.activation, steps.parameter);
        if (GATED)
        {
            float up = tile[r * pitch + COLUMNS + c];
            if (steps.up_bias) up += steps.up_bias[n];
            if (steps.up_pre) steps.up_pre[at] = up;
            value *= up;
        }

        if (steps.gate) value *= steps.gate[at];
        if (steps.scale)
        {
            // Off means +0 even where the value was infinite or not a number.
            float factor = steps.scale[n];
            value = factor == 0.0f ? 0.0f : value * factor;
        }

        if (steps.post) steps.post[at] = value;
        if (steps.residual) value += steps.residual[at];
        steps.y[at] = value;
    }
}
