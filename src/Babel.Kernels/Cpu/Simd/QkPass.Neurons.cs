namespace Babel.Kernels.Cpu.Simd;

/// <content>What goes off: the matrices and factors of <see cref="QkDelta{TV}"/>.</content>
internal unsafe ref partial struct QkPass<TV>
{
    /// <summary>The matrices of the keys, and the largest of each column.</summary>
    private readonly void FillMatrices(QkSide side)
    {
        new Span<float>(_bounds, 3 * _dims).Clear();
        for (int t = 0; t < _length; t++)
        {
            float* raw = side == QkSide.Key && _inputs.RawK is { } r ? Key(r, t) : null;
            if (side == QkSide.Key) TurnedHead(Key(_inputs.K, t), raw, t);
            else PairedHead(Key(_inputs.RotatedK, t));
            for (int v = 0; v < _parts; v++)
            {
                nint at = (((nint)v * _length) + t) * TV.Count;
                Move(_first + at, 0, v);
                Move(_second + at, 1, v);
                Move(_third + at, 2, v);
            }
        }
    }

    /// <summary>Moves part <paramref name="v"/> of a working vector into its matrix and raises the bounds to it.</summary>
    private readonly void Move(float* matrix, int which, int v)
    {
        nint at = (which * _dims) + (v * TV.Count);
        var value = TV.Load(_row + at);
        TV.Store(value, matrix);
        TV.Store(TV.Max(TV.Load(_bounds + at), VectorMath.Abs(value)), _bounds + at);
    }

    /// <summary>The factors of a query row.</summary>
    private readonly void FillFactors(QkSide side, int row, float scale)
    {
        float* raw = side == QkSide.Query && _inputs.RawQ is { } r ? Query(r, row) : null;
        if (side == QkSide.Query) TurnedHead(Query(_inputs.Q, row), raw, row);
        else PairedHead(Query(_inputs.RotatedQ, row));
        if (side == QkSide.Both) new Span<float>(_row + _dims, _dims).Clear();
        var factor = TV.Create(scale);
        for (int a = 0; a < _dims; a += TV.Count)
        {
            TV.Store(factor * TV.Load(_row + a), _factors + a);
            TV.Store(factor * TV.Load(_row + _dims + a), _factors + _dims + a);
            TV.Store(TV.Load(_row + (2 * _dims) + a), _factors + (2 * _dims) + a);
        }
    }

    /// <summary>
    /// Working vectors of the head whose neurons go off: <c>rho x_a c</c>, <c>+- rho x_a s</c> and <c>rho - 1</c>.
    /// </summary>
    private readonly void TurnedHead(float* own, float* raw, int t)
    {
        float* turned = _row;
        float* crossed = _row + _dims;
        float* growth = _row + (2 * _dims);
        new Span<float>(growth, _dims).Clear();
        if (raw != null)
        {
            double all = SumOfSquares(raw);
            for (int a = 0; a < _spec.HeadDim; a++) growth[a] = Growth(all, raw[a]);
        }

        for (int a = 0; a < _spec.HeadDim; a++) (turned[a], crossed[a]) = (own[a] + (own[a] * growth[a]), 0);
        if (_inputs.Rotary is not { } rotary) return;
        int half = rotary.Width / 2;
        int row = Operand.Ints(rotary.Rows)[_span.QueryStart + t];
        nint position = RowIndex.Checked(row, rotary.Cos.Shape.Rows, t, "QkScores: rotary rows");
        float* cos = Operand.Floats(rotary.Cos) + (position * half);
        float* sin = Operand.Floats(rotary.Sin) + (position * half);
        for (int a = 0; a < half; a++)
        {
            float x = turned[a], y = turned[a + half];
            (turned[a], crossed[a]) = (x * cos[a], x * sin[a]);
            (turned[a + half], crossed[a + half]) = (y * cos[a], -(y * sin[a]));
        }
    }

    /// <summary>Working vectors of the head that stays: <c>x'_a</c>, <c>x'_b</c> and nothing.</summary>
    private readonly void PairedHead(float* rotated)
    {
        int half = _inputs.Rotary is { } rotary ? rotary.Width / 2 : 0, d = _spec.HeadDim;
        var head = new ReadOnlySpan<float>(rotated, d);
        head.CopyTo(new Span<float>(_row, d));
        head[half..(2 * half)].CopyTo(new Span<float>(_row + _dims, half));
        head[..half].CopyTo(new Span<float>(_row + _dims + half, half));
        head[(2 * half)..].CopyTo(new Span<float>(_row + _dims + (2 * half), d - (2 * half)));
        new Span<float>(_row + (2 * _dims), _dims).Clear();
    }

    /// <summary>rho - 1: by how much the root mean square shrinks when one value goes.</summary>
    private readonly float Growth(double all, float value)
    {
        double before = (all / _spec.HeadDim) + _inputs.NormEpsilon, gone = (double)value * value / _spec.HeadDim;

        // sqrt(b/(b-g)) - 1 = g/(b-g) / (sqrt(b/(b-g)) + 1): digits kept where g is small.
        double rest = before - gone;
        return (float)(gone / rest / (Math.Sqrt(before / rest) + 1));
    }

    private readonly double SumOfSquares(float* x)
    {
        double sum = 0;
        for (int c = 0; c < _spec.HeadDim; c++) sum += (double)x[c] * x[c];
        return sum;
    }
}
