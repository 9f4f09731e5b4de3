using System.Net;
using System.Net.Sockets;
using System.Text;
using Ledger.Cli.Http;

namespace Ledger.Cli.Tests;

public sealed class WireTests
{
    private static readonly Patience Short = new(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(10));
    private static readonly Patience Hardly = new(TimeSpan.FromSeconds(5), TimeSpan.FromMilliseconds(300));

    /// <summary>Answers one connection with these bytes, then closes it, or keeps it open.</summary>
    private static Wire Ask(string answer, bool keepOpen = false)
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _ = Task.Run(async () =>
        {
            using var client = await listener.AcceptTcpClientAsync();
            listener.Stop();
            var stream = client.GetStream();
            _ = await stream.ReadAsync(new byte[4096]);
            await stream.WriteAsync(Encoding.ASCII.GetBytes(answer));
            if (keepOpen) await Task.Delay(3000);
        });
        var url = new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
        return Wire.Send(url, "GET", "/", [], [], keepOpen ? Hardly : Short);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello and more")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length:5\r\n\r\nhello")]
    [InlineData("HTTP/1.0 200 OK\r\n\r\nhello")]
    public void a_body_is_read_however_it_is_framed(string answer)
    {
        using var wire = Ask(answer);
        Assert.Equal((200, "hello"), (wire.Status, Encoding.ASCII.GetString(wire.ReadAll())));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")]
    public void a_body_that_is_cut_or_garbled_is_never_a_short_answer(string answer)
    {
        using var wire = Ask(answer);
        Assert.Throws<WireException>(() => wire.ReadAll());
    }

    [Theory]
    [InlineData("")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-")]
    public void what_does_not_speak_http_is_no_answer(string answer) =>
        Assert.Throws<WireException>(() => Ask(answer).Dispose());

    [Fact]
    public void silence_ends_after_a_while()
    {
        var thrown = Assert.Throws<WireException>(() => Ask("", keepOpen: true).Dispose());
        Assert.Equal("no answer in time", thrown.Message);
    }

    [Fact]
    public void a_head_without_end_is_cut_off() =>
        Assert.Throws<WireException>(() => Ask("HTTP/1.1 200 OK\r\nX: " + new string('x', 100_000) + "\r\n\r\n").Dispose());

    [Fact]
    public void where_nobody_listens_no_request_leaves()
    {
        var url = new Uri($"http://127.0.0.1:{FakeService.FreePort()}");
        var thrown = Assert.Throws<WireException>(() => Wire.Send(url, "GET", "/", [], [], Short));
        Assert.Equal("connection refused", thrown.Message);
    }

    [Fact]
    public void progress_is_told_line_by_line_and_the_result_is_the_answer()
    {
        using var service = new FakeService(_ => new(200, """
            {"progress":{"what":"backfill","done":1,"of":90}}
            {"progress":{"what":"backfill","done":2,"of":90}}
            {"progress":{"what":"backfill","done":90,"of":90}}
            {"result":{"ok":true,"position":3,"chain":"c","checks":[]}}
            """, "application/x-ndjson"));
        using var desk = new Desk(service.Url);
        var ran = desk.Run("verify", "--json");
        Assert.Equal("application/x-ndjson, application/json;q=0.9", service.Requests[0].Accept);
        Assert.Equal(3, ran.Json.Number("position"));
        Assert.Equal("backfill 1/90\nbackfill 90/90\n", ran.Err);
    }

    [Theory]
    [InlineData("""{"problem":{"code":"sync.timeout","title":"Unavailable","status":503,"detail":"30 s are over.","exit":69}}""", "sync.timeout")]
    [InlineData("""{"progress":{"what":"reading","done":1,"of":2}}""", "service.cut")]
    public void a_long_operation_can_still_fail(string lines, string code)
    {
        using var service = new FakeService(_ => new(200, lines, "application/x-ndjson"));
        using var desk = new Desk(service.Url);
        var ran = desk.Run("account", "sync", "--json");
        Assert.Equal((Exit.Unavailable, code), (ran.Exit, ran.Json.Part("problem")!.Value.Text("code")));
        Assert.Equal("/api/v1/accounts/-/sync", service.Requests[0].Path);
    }
}
