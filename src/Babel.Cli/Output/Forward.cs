namespace Babel.Cli.Output;

/// <summary>Progress handed on at once, on the thread it comes from; <see cref="Progress{T}"/> would post it to the pool, out of order.</summary>
internal sealed class Forward<T>(Action<T> take) : IProgress<T>
{
    /// <inheritdoc/>
    public void Report(T value) => take(value);
}
