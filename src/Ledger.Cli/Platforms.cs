using System.Runtime.Versioning;

// The product runs on these; see the README.
[assembly: SupportedOSPlatform("linux")]
[assembly: SupportedOSPlatform("macos")]
