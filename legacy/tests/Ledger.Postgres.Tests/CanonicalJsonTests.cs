using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Ledger.Testing;
using Xunit;

namespace Ledger.Postgres.Tests;

public sealed class CanonicalJsonTests
{
    private static string Canonical(string json, bool strict = true) =>
        Encoding.UTF8.GetString(new CanonicalJson().Write(Encoding.UTF8.GetBytes(json), strict));

    [Theory]
    [InlineData("""{ "b" : 1 , "a" : [ true , null ] }""", """{"a":[true,null],"b":1}""")]
    [InlineData("""{"bb":1,"a":2,"c":3}""", """{"a":2,"c":3,"bb":1}""")]
    [InlineData("""{"a":1e2,"b":1.50e1,"c":-0,"d":-0.00,"e":1E-3,"f":100e-1,"g":0e-3,"h":1.5e-3,"i":12.5e+0}""",
        """{"a":100,"b":15.0,"c":0,"d":0.00,"e":0.001,"f":10.0,"g":0.000,"h":0.0015,"i":12.5}""")]
    [InlineData("""{"a":"\u0041\/\u00fc\u001F\n\"\\"}""", "{\"a\":\"A/ü\\u001f\\n\\\"\\\\\"}")]
    [InlineData("""{"b":{"d":1,"c":{"z":[],"y":{}}},"a":0}""", """{"a":0,"b":{"c":{"y":{},"z":[]},"d":1}}""")]
    public void there_is_one_spelling(string json, string expected)
    {
        Assert.Equal(expected, Canonical(json));
        Assert.Equal(expected, Canonical(expected));
    }

    [Fact]
    public async Task what_we_hash_before_writing_equals_what_we_hash_after_reading_jsonb_back()
    {
        await using var database = await TestDatabase.Create();
        await using var command = database.DataSource.CreateCommand("select unnest($1::jsonb[])");
        await Seeds.Run(20, async random =>
        {
            var documents = Enumerable.Range(0, 100).Select(_ => Document(random)).ToArray();
            command.Parameters.Clear();
            command.Parameters.Add(new() { Value = documents, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Text });
            await using var reader = await command.ExecuteReaderAsync();
            foreach (var document in documents)
            {
                Assert.True(await reader.ReadAsync());
                var stored = Encoding.UTF8.GetString(reader.GetFieldValue<byte[]>(0));
                Assert.Equal(Canonical(document), Canonical(stored, strict: false));
            }
        });
    }

    private static string Document(Random random)
    {
        var text = new StringBuilder();
        Object(text, random, 0);
        return text.ToString();
    }

    private static void Object(StringBuilder text, Random random, int depth)
    {
        var keys = Enumerable.Range(0, random.Next(0, 6)).Select(_ => Text(random)).DistinctBy(k => JsonSerializer.Deserialize<string>(k)).ToArray();
        text.Append('{').Append(Space(random));
        for (var i = 0; i < keys.Length; i++)
        {
            text.Append(i > 0 ? "," : "").Append(Space(random)).Append(keys[i]).Append(Space(random)).Append(':').Append(Space(random));
            Value(text, random, depth + 1);
        }
        text.Append(Space(random)).Append('}');
    }

    private static void Value(StringBuilder text, Random random, int depth)
    {
        switch (random.Next(depth > 4 ? 4 : 6))
        {
            case 0:
                text.Append(random.Next(3) switch { 0 => "true", 1 => "false", _ => "null" });
                break;
            case 1 or 2:
                text.Append(Number(random));
                break;
            case 3:
                text.Append(Text(random));
                break;
            case 4:
                text.Append('[');
                for (var i = random.Next(4); i > 0; i--)
                {
                    Value(text, random, depth + 1);
                    text.Append(i > 1 ? "," : "");
                }
                text.Append(']');
                break;
            default:
                Object(text, random, depth);
                break;
        }
    }

    private static string Number(Random random)
    {
        string Digits(int max) => string.Concat(Enumerable.Range(0, random.Next(1, max)).Select(_ => (char)('0' + random.Next(random.Next(2) == 0 ? 1 : 10))));
        var whole = Digits(random.Next(10) == 0 ? 40 : 6).TrimStart('0');
        var text = (random.Next(3) == 0 ? "-" : "") + (whole.Length == 0 ? "0" : whole);
        if (random.Next(2) == 0)
            text += "." + Digits(random.Next(10) == 0 ? 30 : 5);
        if (random.Next(3) == 0)
            text += (random.Next(2) == 0 ? "e" : "E") + (random.Next(3) switch { 0 => "+", 1 => "-", _ => "" }) + random.Next(0, 25).ToString("D" + random.Next(1, 4), CultureInfo.InvariantCulture);
        return text;
    }

    private static string Text(Random random)
    {
        var runes = new StringBuilder();
        for (var i = random.Next(0, 12); i > 0; i--)
        {
            runes.Append((random.Next(6) switch
            {
                0 => new Rune(random.Next(1, 0x20)),
                1 => new Rune("\"\\/\u007f\u0085\u2028\ufeff\uffff"[random.Next(8)]),
                2 => new Rune(random.Next(0x10000, 0x10ffff)),
                3 => new Rune(random.Next(0x80, 0xd7ff)),
                _ => new Rune(random.Next(0x20, 0x7f)),
            }).ToString());
        }
        // Both spellings: everything escaped, and next to nothing.
        return JsonSerializer.Serialize(runes.ToString(), random.Next(2) == 0 ? JsonSerializerOptions.Default : relaxed);
    }

    private static readonly JsonSerializerOptions relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static string Space(Random random) => random.Next(5) switch { 0 => " ", 1 => "\n\t", _ => "" };
}
