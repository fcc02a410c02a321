// The steps of Epilogue on LANES columns of a row, in their order, and what a product kernel gets for them. A step is there where its bit is.

#define STEP_BIAS 1
#define STEP_PRE 2
#define STEP_GATE 4
#define STEP_SCALE 8
#define STEP_POST 16
#define STEP_RESIDUAL 32

#define EPILOGUE_PARAMETERS                                                                                                             \
    int steps, GLOBAL const float* bias, long bias_at, GLOBAL float* pre, long pre_at, int activation, float parameter,                  \
    GLOBAL const float* gate, long gate_at, GLOBAL const float* factors, long factors_at, GLOBAL float* post, long post_at,              \
    GLOBAL const float* residual, long residual_at

#define EPILOGUE_ARGUMENTS                                                                                                              \
    steps, bias, bias_at, pre, pre_at, activation, parameter, gate, gate_at, factors, factors_at, post, post_at, residual, residual_at

// Exactly 0 switches a neuron off: +0 whatever the value was, infinite or not a number.
FUNCTION real scaled_or_off(real value, real factor) { return SELECT(factor == SPLAT(0.0f), SPLAT(0.0f), value * factor); }

// at is the element of [N, n], column that of [n].
FUNCTION real apply_epilogue(real value, long at, int column, int some, EPILOGUE_PARAMETERS)
{
    if (steps & STEP_BIAS) value += load_some(bias + bias_at + column, some);
    if (steps & STEP_PRE) store_some(value, pre + pre_at + at, some);
    value = v_activate(value, activation, parameter);
    if (steps & STEP_GATE) value *= load_some(gate + gate_at + at, some);
    if (steps & STEP_SCALE) value = scaled_or_off(value, load_some(factors + factors_at + column, some));
    if (steps & STEP_POST) store_some(value, post + post_at + at, some);
    if (steps & STEP_RESIDUAL) value += load_some(residual + residual_at + at, some);
    return value;
}

// A gated product: STEP_BIAS is the gate's, STEP_RESIDUAL the up product's; STEP_PRE stores g, STEP_POST stores u.
#define STEP_GATE_BIAS STEP_BIAS
#define STEP_UP_BIAS STEP_RESIDUAL
#define STEP_GATE_PRE STEP_PRE
#define STEP_UP_PRE STEP_POST

#define GATED_PARAMETERS                                                                                                                \
    int steps, GLOBAL const float* gate_bias, long gate_bias_at, GLOBAL const float* up_bias, long up_bias_at,                            \
    GLOBAL float* gate_pre, long gate_pre_at, GLOBAL float* up_pre, long up_pre_at, int activation, float parameter,                      \
    GLOBAL const float* factors, long factors_at

#define GATED_ARGUMENTS                                                                                                                 \
    steps, gate_bias, gate_bias_at, up_bias, up_bias_at, gate_pre, gate_pre_at, up_pre, up_pre_at, activation, parameter, factors, factors_at

FUNCTION real apply_gated(real g, real u, long at, int column, int some, GATED_PARAMETERS)
{
    if (steps & STEP_GATE_BIAS) g += load_some(gate_bias + gate_bias_at + column, some);
    if (steps & STEP_UP_BIAS) u += load_some(up_bias + up_bias_at + column, some);
    if (steps & STEP_GATE_PRE) store_some(g, gate_pre + gate_pre_at + at, some);
    if (steps & STEP_UP_PRE) store_some(u, up_pre + up_pre_at + at, some);
    real h = v_activate(g, activation, parameter) * u;
    return steps & STEP_SCALE ? scaled_or_off(h, load_some(factors + factors_at + column, some)) : h;
}
