using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Ledger.Postgres;

/// <summary>Every column of one row of mt_events; the data in canonical form.</summary>
internal readonly ref struct EventRow
{
    public required long Position { get; init; }
    public required Guid Id { get; init; }
    public required string? Stream { get; init; }
    public required long Version { get; init; }
    public required ReadOnlySpan<byte> Data { get; init; }
    public byte[]? Bdata { get; init; }
    public required string Type { get; init; }
    public required long Micros { get; init; }
    public string? Tenant { get; init; }
    public string? DotnetType { get; init; }
    public bool? Archived { get; init; }
}

/// <summary>
/// hash(n) = SHA-256(hash(n-1) ‖ SHA-256(row n)); a row is every column in order, each with its length before it, so that no
/// two different rows spell the same bytes. Rows can be hashed side by side; only the short outer step is in sequence.
/// </summary>
internal static class HashChain
{
    public const int Length = 32;
    private const int Null = -1;

    [ThreadStatic]
    private static byte[]? buffer;

    public static void Row(in EventRow row, Span<byte> hash)
    {
        var room = 128 + row.Data.Length + (row.Bdata?.Length ?? 0)
            + 3 * ((row.Stream?.Length ?? 0) + row.Type.Length + (row.Tenant?.Length ?? 0) + (row.DotnetType?.Length ?? 0));
        if (buffer is null || buffer.Length < room)
            buffer = new byte[Math.Max(room, 4096)];

        var to = new Writer(buffer);
        to.Number(row.Position);
        to.Id(row.Id);
        to.Text(row.Stream);
        to.Number(row.Version);
        to.Bytes(row.Data);
        if (row.Bdata is null)
            to.Nothing();
        else
            to.Bytes(row.Bdata);
        to.Text(row.Type);
        to.Number(row.Micros);
        to.Text(row.Tenant);
        to.Text(row.DotnetType);
        if (row.Archived is { } archived)
            to.Bytes(archived ? "\x01"u8 : "\0"u8);
        else
            to.Nothing();
        SHA256.HashData(buffer.AsSpan(0, to.Used), hash);
    }

    public static void Next(ReadOnlySpan<byte> previous, ReadOnlySpan<byte> row, Span<byte> next)
    {
        Span<byte> both = stackalloc byte[2 * Length];
        previous.CopyTo(both);
        row.CopyTo(both[Length..]);
        SHA256.HashData(both, next);
    }

    private ref struct Writer(Span<byte> to)
    {
        private readonly Span<byte> to = to;

        public int Used { get; private set; }

        public void Number(long value)
        {
            Prefix(8);
            BinaryPrimitives.WriteInt64BigEndian(to[Used..], value);
            Used += 8;
        }

        public void Id(Guid value)
        {
            Prefix(16);
            value.TryWriteBytes(to[Used..], bigEndian: true, out _);
            Used += 16;
        }

        public void Bytes(ReadOnlySpan<byte> value)
        {
            Prefix(value.Length);
            value.CopyTo(to[Used..]);
            Used += value.Length;
        }

        public void Text(string? value)
        {
            if (value is null)
            {
                Nothing();
                return;
            }
            var count = Encoding.UTF8.GetBytes(value, to[(Used + 4)..]);
            Prefix(count);
            Used += count;
        }

        public void Nothing() => Prefix(Null);

        private void Prefix(int length)
        {
            BinaryPrimitives.WriteInt32BigEndian(to[Used..], length);
            Used += 4;
        }
    }
}
