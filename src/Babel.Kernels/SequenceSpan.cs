namespace Babel.Kernels;

/// <summary>
/// Where one sequence lies: its queries are rows <c>QueryStart .. QueryStart + QueryLength</c> of the token rows of a call, its keys
/// and values rows <c>KeyStart .. KeyStart + KeyLength</c> of the key and value tensors. Query i of the sequence stands at key
/// position <c>KeyLength - QueryLength + i</c>.
/// </summary>
/// <param name="QueryStart">First query row.</param>
/// <param name="QueryLength">Number of queries, at least 1.</param>
/// <param name="KeyStart">First key row.</param>
/// <param name="KeyLength">Number of keys, at least <paramref name="QueryLength"/>.</param>
public readonly record struct SequenceSpan(int QueryStart, int QueryLength, int KeyStart, int KeyLength);
