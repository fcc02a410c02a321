using System.Text.Json;
using Babel.Model.Errors;

namespace Babel.Model.Files;

/// <summary>Small JSON files of a model folder, read strictly: no comments, no trailing commas, no key twice.</summary>
internal static class JsonFile
{
    /// <summary>Far above any configuration or shard index; a limit on what a broken folder makes us read.</summary>
    private const long LengthLimit = 256L << 20;

    public static JsonDocument Parse(string path)
    {
        try
        {
            long length = FileLength.Of(path);
            if (length > LengthLimit)
                throw new ModelFormatException("a JSON file is too long", path, $"at most {LengthLimit} bytes", $"{length} bytes");
            return JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (JsonException e)
        {
            throw new ModelFormatException(
                "a file is not valid JSON",
                $"{path}, line {(e.LineNumber ?? 0) + 1}, byte {e.BytePositionInLine ?? 0}",
                "JSON without comments, trailing commas or repeated keys",
                e.Message,
                inner: e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelNotFoundException("a file cannot be read", path, found: e.Message, inner: e);
        }
    }
}
