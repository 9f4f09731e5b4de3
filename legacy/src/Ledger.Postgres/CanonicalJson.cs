using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Ledger.Postgres;

/// <summary>
/// One spelling for every JSON value that jsonb holds equal: no white space, keys by length and then by bytes (jsonb's own order,
/// so that what the database gives back is in order already), few escapes, numbers as <c>numeric</c> prints them.
/// </summary>
/// <remarks>jsonb keeps neither key order nor number spelling, so the hash is over this form: what we write and what we read back agree.</remarks>
internal sealed class CanonicalJson
{
    /// <summary>Deepest nesting taken.</summary>
    public const int DepthMax = 64;

    // A number of ours is an integer or has a few digits; 1e131000 would become 131,001 characters in the table.
    private const int NumberLengthMax = 400;

    private readonly List<Member> members = [];
    private byte[] output = new byte[1024];
    private byte[] scratch = new byte[256];
    private int length;
    private bool strict;

    private readonly record struct Member(int Start, int KeyLength, int End);

    /// <summary>The canonical bytes of one JSON value; valid until the next call.</summary>
    /// <param name="json">UTF-8 JSON.</param>
    /// <param name="strict">For what goes in: refuses what jsonb would refuse or silently change, with <see cref="ArgumentException"/>.</param>
    public ReadOnlySpan<byte> Write(ReadOnlySpan<byte> json, bool strict)
    {
        this.strict = strict;
        length = 0;
        members.Clear();
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = strict ? DepthMax : 1000 });
            reader.Read();
            if (strict && reader.TokenType != JsonTokenType.StartObject)
                throw new ArgumentException("Event data must be a JSON object.");
            Value(ref reader);
            if (reader.Read())
                throw new ArgumentException("Event data holds more than one JSON value.");
        }
        catch (JsonException malformed)
        {
            throw new ArgumentException($"Event data is not JSON: {malformed.Message}", malformed);
        }
        return output.AsSpan(0, length);
    }

    private void Value(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                Object(ref reader);
                break;
            case JsonTokenType.StartArray:
                Array(ref reader);
                break;
            case JsonTokenType.String:
                Text(ref reader);
                break;
            case JsonTokenType.Number:
                Number(reader.ValueSpan);
                break;
            case JsonTokenType.True:
                Raw("true"u8);
                break;
            case JsonTokenType.False:
                Raw("false"u8);
                break;
            default:
                Raw("null"u8);
                break;
        }
    }

    private void Array(ref Utf8JsonReader reader)
    {
        Raw((byte)'[');
        var first = true;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (!first)
                Raw((byte)',');
            first = false;
            Value(ref reader);
        }
        Raw((byte)']');
    }

    private void Object(ref Utf8JsonReader reader)
    {
        Raw((byte)'{');
        var begin = length;
        var mine = members.Count;
        var inOrder = true;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            if (members.Count > mine)
                Raw((byte)',');
            var start = length;
            Text(ref reader);
            var keyLength = length - start;
            Raw((byte)':');
            reader.Read();
            Value(ref reader);
            members.Add(new Member(start, keyLength, length));
            if (inOrder && members.Count > mine + 1)
                inOrder = Compare(members[^2], members[^1]) < 0;
        }
        if (!inOrder)
            Sort(begin, mine);
        members.RemoveRange(mine, members.Count - mine);
        Raw((byte)'}');
    }

    private int Compare(Member a, Member b) => a.KeyLength != b.KeyLength
        ? a.KeyLength.CompareTo(b.KeyLength)
        : output.AsSpan(a.Start, a.KeyLength).SequenceCompareTo(output.AsSpan(b.Start, b.KeyLength));

    private void Sort(int begin, int mine)
    {
        var sorted = members.GetRange(mine, members.Count - mine);
        sorted.Sort(Compare);
        var copy = ArrayPool<byte>.Shared.Rent(length - begin);
        var at = 0;
        for (var i = 0; i < sorted.Count; i++)
        {
            if (i > 0 && Compare(sorted[i - 1], sorted[i]) == 0)
                throw new ArgumentException($"Event data has the key {Encoding.UTF8.GetString(output, sorted[i].Start, sorted[i].KeyLength)} twice.");
            if (i > 0)
                copy[at++] = (byte)',';
            var member = output.AsSpan(sorted[i].Start, sorted[i].End - sorted[i].Start);
            member.CopyTo(copy.AsSpan(at));
            at += member.Length;
        }
        copy.AsSpan(0, at).CopyTo(output.AsSpan(begin));
        ArrayPool<byte>.Shared.Return(copy);
    }

    private void Text(ref Utf8JsonReader reader)
    {
        var raw = reader.ValueSpan;
        if (!reader.ValueIsEscaped)
        {
            // The reader leaves the check of raw UTF-8 to whoever decodes it.
            if (strict && !System.Text.Unicode.Utf8.IsValid(raw))
                throw new ArgumentException("Event data holds bytes that are not UTF-8.");
            Grow(raw.Length + 2);
            output[length++] = (byte)'"';
            raw.CopyTo(output.AsSpan(length));
            length += raw.Length;
            output[length++] = (byte)'"';
            return;
        }

        if (scratch.Length < raw.Length)
            scratch = new byte[raw.Length * 2];
        int written;
        try
        {
            written = reader.CopyString(scratch);
        }
        catch (InvalidOperationException lone)
        {
            throw new ArgumentException("Event data holds a lone surrogate.", lone);
        }
        Grow(written * 6 + 2);
        output[length++] = (byte)'"';
        foreach (var b in scratch.AsSpan(0, written))
            Escaped(b);
        output[length++] = (byte)'"';
    }

    private void Escaped(byte b)
    {
        switch (b)
        {
            case 0 when strict:
                throw new ArgumentException("Event data holds \\u0000, which PostgreSQL can't store.");
            case (byte)'"' or (byte)'\\':
                output[length++] = (byte)'\\';
                output[length++] = b;
                break;
            case (byte)'\b':
                Short('b');
                break;
            case (byte)'\f':
                Short('f');
                break;
            case (byte)'\n':
                Short('n');
                break;
            case (byte)'\r':
                Short('r');
                break;
            case (byte)'\t':
                Short('t');
                break;
            case < 0x20:
                "\\u00"u8.CopyTo(output.AsSpan(length));
                length += 4;
                output[length++] = "0123456789abcdef"u8[b >> 4];
                output[length++] = "0123456789abcdef"u8[b & 15];
                break;
            default:
                output[length++] = b;
                break;
        }
    }

    private void Short(char letter)
    {
        output[length++] = (byte)'\\';
        output[length++] = (byte)letter;
    }

    /// <summary>As numeric prints it: no exponent, the scale kept (1.50 stays, 1.50e1 is 15.0), no minus on zero.</summary>
    private void Number(ReadOnlySpan<byte> token)
    {
        if (token.IndexOfAny((byte)'e', (byte)'E') < 0 && (token[0] != '-' || token.IndexOfAnyInRange((byte)'1', (byte)'9') >= 0))
        {
            if (strict && token.Length > NumberLengthMax)
                throw new ArgumentException($"Event data holds a number of more than {NumberLengthMax} digits.");
            Raw(token);
            return;
        }

        var negative = token[0] == '-';
        if (negative)
            token = token[1..];
        var exponent = 0;
        if (token.IndexOfAny((byte)'e', (byte)'E') is var e and >= 0)
        {
            var text = token[(e + 1)..];
            if (text[0] == '+')
                text = text[1..];
            if (!Utf8Parser.TryParse(text, out exponent, out var used) || used != text.Length || Math.Abs(exponent) > NumberLengthMax)
                throw new ArgumentException($"Event data holds a number with an exponent beyond {NumberLengthMax}.");
            token = token[..e];
        }
        var point = token.IndexOf((byte)'.');
        var digits = new byte[token.Length];
        var count = 0;
        foreach (var b in token)
        {
            if (b != '.')
                digits[count++] = b;
        }
        var scale = point < 0 ? 0 : token.Length - point - 1;
        if (count > NumberLengthMax)
            throw new ArgumentException($"Event data holds a number of more than {NumberLengthMax} digits.");

        var all = new StringBuilder(Encoding.ASCII.GetString(digits, 0, count));
        scale -= exponent;
        if (scale < 0)
        {
            all.Append('0', -scale);
            scale = 0;
        }
        if (all.Length <= scale)
            all.Insert(0, new string('0', scale + 1 - all.Length));
        var whole = all.ToString(0, all.Length - scale).TrimStart('0');
        var fraction = all.ToString(all.Length - scale, scale);
        var zero = whole.Length == 0 && fraction.AsSpan().IndexOfAnyExcept('0') < 0;
        Raw(Encoding.ASCII.GetBytes((negative && !zero ? "-" : "") + (whole.Length == 0 ? "0" : whole) + (scale > 0 ? "." + fraction : "")));
    }

    private void Raw(ReadOnlySpan<byte> bytes)
    {
        Grow(bytes.Length);
        bytes.CopyTo(output.AsSpan(length));
        length += bytes.Length;
    }

    private void Raw(byte b)
    {
        Grow(1);
        output[length++] = b;
    }

    private void Grow(int more)
    {
        if (length + more > output.Length)
            System.Array.Resize(ref output, Math.Max(output.Length * 2, length + more));
    }
}
