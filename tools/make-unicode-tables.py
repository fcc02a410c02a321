#!/usr/bin/env python3
"""Writes src/Babel.Model/Tokenizers/Text/UnicodeTables.Data.cs from Python's own unicodedata.

.NET's string.Normalize is the identity under invariant globalization, so the tokenizers carry these tables.
Layout before deflate, all numbers LEB128: three sections, each a count and then delta-coded entries.
  1. combining classes: (code point delta, run length, class)
  2. full canonical decompositions: (code point delta, length * 2 + composable, code points)
  3. full compatibility decompositions that differ from 2: (code point delta, length, code points)
Hangul syllables are left out; the program computes them.
"""
import base64
import unicodedata as u
import zlib


# Characters that Unicode gave a decomposition after version 12.0, which is what the reference (the Rust crate
# unicode-normalization-alignments, as Hugging Face's tokenizers use it) knows. They stay as they are.
LATER = [(0x32FF, 0x32FF), (0xA7F2, 0xA7F4), (0xAB69, 0xAB69), (0x10781, 0x10785), (0x10787, 0x107B0), (0x107B2, 0x107BA),
         (0x11938, 0x11938), (0x1F16C, 0x1F16C), (0x1FBF0, 0x1FBF9)]


def leb(n):
    out = bytearray()
    while n >= 128:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


def code_points():
    return (c for c in range(0x110000) if not 0xD800 <= c < 0xE000 and not 0xAC00 <= c < 0xD7A4)


def section(rows):
    body, last = b"", 0
    for point, *numbers in rows:
        body += leb(point - last) + b"".join(leb(n) for n in numbers)
        last = point
    return leb(len(rows)) + body


def classes():
    rows = []
    for c in code_points():
        k = u.combining(chr(c))
        if not k:
            continue
        if rows and rows[-1][0] + rows[-1][1] == c and rows[-1][2] == k:
            rows[-1][1] += 1
        else:
            rows.append([c, 1, k])
    return rows


def decompositions(compatible):
    rows = []
    for c in code_points():
        if any(first <= c <= last for first, last in LATER):
            continue
        d = u.normalize("NFD", chr(c))
        k = u.normalize("NFKD", chr(c))
        if not compatible and d != chr(c):
            # Composable: the first-level decomposition is a pair and composing gives the character back.
            back = u.normalize("NFC", d) == chr(c)
            first = u.decomposition(chr(c)).split()
            pair = [int(x, 16) for x in first]
            if back:
                assert len(pair) == 2, hex(c)
                rows.append((c, len(pair) * 2 + 1, *pair))
            else:
                rows.append((c, len(d) * 2, *map(ord, d)))
        elif compatible and k != d:
            rows.append((c, len(k), *map(ord, k)))
    return rows


raw = section(classes()) + section(decompositions(False)) + section(decompositions(True))
deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
text = base64.b64encode(deflate.compress(raw) + deflate.flush()).decode()
lines = [text[i:i + 120] for i in range(0, len(text), 120)]
with open("src/Babel.Model/Tokenizers/Text/UnicodeTables.Data.cs", "w", newline="\n") as f:
    f.write("namespace Babel.Model.Tokenizers.Text;\n\n")
    f.write(f"/// <summary>Unicode {u.unidata_version} data; written by tools/make-unicode-tables.py, which says the layout.</summary>\n")
    f.write("internal sealed partial class UnicodeTables\n{\n")
    f.write("    private const string Deflated =\n")
    f.write(" +\n".join(f'        "{x}"' for x in lines) + ";\n}\n")
print(len(raw), len(text))
