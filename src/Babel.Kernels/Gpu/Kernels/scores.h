// From inner products to attention scores.

FUNCTION float round_to_bf16(float x)
{
    uint bits = BITS_OF(x);
    return FROM_BITS((bits + 0x7FFFu + ((bits >> 16) & 1u)) & 0xFFFF0000u);
}

// The score of a visible key, the second to fourth line of AttentionSpec. alibi: 0 none, 1 slope * key, 2 rounded to BF16 and scaled.
FUNCTION real finish_score(real scaled, real slope, int key, float scale, float cap, int alibi)
{
    real s = cap > 0.0f ? v_soft_cap(scaled, cap) : scaled;
    if (alibi == 0) return s;
    if (alibi == 1) return FMA(slope, SPLAT((float)key), s);
    real product = slope * SPLAT(round_to_bf16((float)key));
    ints bits = AS_INTS(product);
    ints odd = (bits >> 16) & SPLAT_INT(1);
    return FMA(SPLAT(scale), AS_REAL((bits + SPLAT_INT(0x7FFF) + odd) & SPLAT_INT((int)0xFFFF0000)), s);
}
