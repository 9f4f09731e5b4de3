using System.Net;
using Ledger.Service.Channels;

namespace Ledger.Service.Tests.Channels;

/// <summary>Where a webhook must not reach, in every spelling.</summary>
public sealed class AddressGuardTests
{
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("0.1.2.3")]
    [InlineData("10.0.0.1")]
    [InlineData("10.255.255.255")]
    [InlineData("100.64.0.1")]
    [InlineData("100.127.255.254")]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.255.254")]
    [InlineData("169.254.169.254")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.0.0.192")]
    [InlineData("192.0.2.1")]
    [InlineData("192.88.99.1")]
    [InlineData("192.168.1.1")]
    [InlineData("198.18.0.1")]
    [InlineData("198.51.100.7")]
    [InlineData("203.0.113.7")]
    [InlineData("224.0.0.1")]
    [InlineData("239.255.255.255")]
    [InlineData("240.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::7f00:1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("64:ff9b::7f00:1")]
    [InlineData("64:ff9b::10.0.0.1")]
    [InlineData("64:ff9b:1::1")]
    [InlineData("100::1")]
    [InlineData("2001::1")]
    [InlineData("2001:db8::1")]
    [InlineData("2002:7f00:1::1")]
    [InlineData("2002:c0a8:101::1")]
    [InlineData("3fff::1")]
    [InlineData("5f00::1")]
    [InlineData("fc00::1")]
    [InlineData("fd12:3456::1")]
    [InlineData("fe80::1")]
    [InlineData("fec0::1")]
    [InlineData("ff02::1")]
    public void an_address_that_is_not_the_internets_is_refused(string address) => Assert.False(AddressGuard.IsPublic(IPAddress.Parse(address)));

    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("9.255.255.255")]
    [InlineData("11.0.0.0")]
    [InlineData("100.63.255.255")]
    [InlineData("100.128.0.0")]
    [InlineData("172.15.255.255")]
    [InlineData("172.32.0.0")]
    [InlineData("192.167.255.255")]
    [InlineData("192.169.0.0")]
    [InlineData("223.255.255.255")]
    [InlineData("::ffff:8.8.8.8")]
    [InlineData("2606:4700:4700::1111")]
    [InlineData("2a00:1450:4001:81b::200e")]
    public void an_address_of_the_internet_is_not(string address) => Assert.True(AddressGuard.IsPublic(IPAddress.Parse(address)));

    [Theory]
    [InlineData("http://hooks.example.org/x")]
    [InlineData("ftp://hooks.example.org/x")]
    [InlineData("https://127.0.0.1/x")]
    [InlineData("https://2130706433/x")]
    [InlineData("https://0x7f000001/x")]
    [InlineData("https://0x7f.1/x")]
    [InlineData("https://0177.0.0.1/x")]
    [InlineData("https://127.1/x")]
    [InlineData("https://[::1]/x")]
    [InlineData("https://[::ffff:7f00:1]/x")]
    [InlineData("https://[fe80::1%25eth0]/x")]
    [InlineData("https://169.254.169.254/latest/meta-data")]
    [InlineData("https://localhost/x")]
    [InlineData("https://LOCALHOST/x")]
    [InlineData("https://a.localhost/x")]
    [InlineData("https://user:pass@hooks.example.org/x")]
    public void a_target_that_gives_itself_away_is_refused_at_once(string url) => Assert.NotNull(new AddressGuard([]).WhyNot(new(url)));

    [Fact]
    public void an_exception_is_for_the_host_it_names_and_no_other()
    {
        var guard = new AddressGuard(["chat.internal", "10.1.2.3", "::1"]);
        Assert.Null(guard.WhyNot(new("http://chat.internal:8065/hooks/x")));
        Assert.Null(guard.WhyNot(new("https://10.1.2.3/x")));
        Assert.Null(guard.WhyNot(new("http://[::1]:80/x")));
        Assert.NotNull(guard.WhyNot(new("https://10.1.2.4/x")));
        Assert.NotNull(guard.WhyNot(new("http://a.chat.internal/x")));
        Assert.NotNull(guard.WhyNot(new("ftp://chat.internal/x")));
        Assert.Null(guard.WhyNot(new("https://hooks.example.org/x")));
    }
}
