namespace Ledger.Mutants;

/// <summary>A fault put into the code on purpose, and the tests that must notice it.</summary>
/// <param name="Name">What is wrong then, in words.</param>
/// <param name="File">Path from the root.</param>
/// <param name="Find">Text to replace; occurs exactly once.</param>
/// <param name="Replace">What it becomes.</param>
/// <param name="Tests">Test project.</param>
/// <param name="Filter">Arguments of the test runner that choose the tests.</param>
internal sealed record Mutant(string Name, string File, string Find, string Replace, string Tests, string Filter);
