using System.Text;
using Babel.Kernels;
using Babel.Model.Files;

namespace Babel.Model.RandomModels;

/// <summary>
/// A tensor drawn uniformly from <c>Centre - Width/2 .. Centre + Width/2</c>. Element i is a function of the seed, the tensor's name and i alone
/// (<see cref="UniformNumbers"/>), so it does not matter in what order, in what pieces or by how many threads a model is made, nor which other tensors it has.
/// </summary>
internal sealed record RandomTensor(TensorHeader Header, float Centre, float Width)
{
    /// <summary>The tensor's own numbers.</summary>
    public UniformNumbers Numbers(ulong seed) => new(UniformNumbers.KeyOf(seed, Encoding.UTF8.GetBytes(Header.Name)), Centre, Width);
}
