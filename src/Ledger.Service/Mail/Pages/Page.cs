namespace Ledger.Service.Mail.Pages;

/// <summary>
/// What is said, in order, whatever it will be shown as. Text, Markdown and HTML are made from this alone, so that they say the same.
/// </summary>
internal sealed record Page(string Title, IReadOnlyList<Block> Blocks);

/// <summary>A piece of a page.</summary>
internal abstract record Block;

/// <summary>What to read if nothing else is read.</summary>
internal sealed record Lead(Run? Badge, Line Line) : Block;

/// <summary>Begins a section.</summary>
internal sealed record Heading(Line Line) : Block;

/// <summary>A sentence or two.</summary>
internal sealed record Paragraph(Line Line, Tone Tone = Tone.Plain) : Block;

/// <summary>Short lines in a row.</summary>
internal sealed record Bullets(IReadOnlyList<Line> Lines) : Block;

/// <summary>What to do, with the command that does it.</summary>
internal sealed record Advice(Line Line, string? Command) : Block;

/// <summary>A command to copy.</summary>
internal sealed record Commands(IReadOnlyList<string> Lines) : Block;

/// <summary>Figures in columns. The first column names the row and gives way where room is short.</summary>
/// <param name="Caption">For those who can't see it.</param>
/// <param name="Columns">Names, and whether they hold figures.</param>
/// <param name="Rows">Cells in the order of the columns.</param>
internal sealed record Table(string Caption, IReadOnlyList<(string Name, bool Figures)> Columns, IReadOnlyList<Row> Rows) : Block;

/// <summary>A row, and what stands below its name in small.</summary>
internal sealed record Row(IReadOnlyList<Line> Cells, Line? Below = null, bool Quiet = false);

/// <summary>Small print: a word and what it is.</summary>
internal sealed record Facts(IReadOnlyList<(string Word, Line Line)> Lines) : Block;
