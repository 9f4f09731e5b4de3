namespace Ledger.Service.Mail.Pages;

/// <summary>
/// What is said, in order, whatever it will be shown as. Text, Markdown and HTML are made from this alone, so that they say the same.
/// </summary>
/// <param name="Title">The subject.</param>
/// <param name="Blocks">In order.</param>
/// <param name="Preheader">What an inbox shows beside the subject; null: whatever comes first.</param>
internal sealed record Page(string Title, IReadOnlyList<Block> Blocks, string? Preheader = null);

/// <summary>A piece of a page.</summary>
internal abstract record Block;

/// <summary>Whose mail it is, and of what.</summary>
internal sealed record Masthead(Line Whose, Line What) : Block;

/// <summary>What to read if nothing else is read.</summary>
internal sealed record Lead(Run? Badge, Line Line) : Block;

/// <summary>Something that somebody has to look at, worst first.</summary>
/// <param name="Tone">How bad.</param>
/// <param name="What">What, with the figure.</param>
/// <param name="Why">Why, or until when.</param>
/// <param name="Bar">A picture of it.</param>
internal sealed record Need(Tone Tone, Line What, Line? Why = null, Bar? Bar = null) : Block;

/// <summary>The one figure, what it means, and how it came about.</summary>
/// <param name="Label">What it is.</param>
/// <param name="Amount">The figure.</param>
/// <param name="Note">Against what it is to be held.</param>
/// <param name="Columns">Its parts in order of time; none: not known.</param>
internal sealed record Figure(Line Label, Line Amount, Line Note, IReadOnlyList<FigureColumn> Columns) : Block;

/// <summary>One of a figure's parts.</summary>
/// <param name="Name">Its day.</param>
/// <param name="Amount">How much; null: not known.</param>
/// <param name="Permille">Of the largest.</param>
internal sealed record FigureColumn(string Name, string? Amount, int Permille);

/// <summary>How much of something is there, as a bar.</summary>
/// <param name="Tone">Its state.</param>
/// <param name="Permille">How much, in thousandths of the limit.</param>
/// <param name="HasLimit">The limit stands at three quarters, and what is right of it is over; false: what is left of a whole.</param>
internal sealed record Bar(Tone Tone, int Permille, bool HasLimit)
{
    private const int limitAt = 750;

    /// <summary>The filled part of the bar's length, in thousandths.</summary>
    public int Filled => Math.Clamp(HasLimit ? (int)(Permille * (long)limitAt / 1000) : Permille, 0, 1000);

    /// <summary>Stretches of the bar from left to right: length in thousandths, and whether it is filled. The limit stands after those before it.</summary>
    public IEnumerable<(int Length, bool IsFilled)> Before => Parts(0, HasLimit ? limitAt : 1000);

    /// <summary>Those right of the limit.</summary>
    public IEnumerable<(int Length, bool IsFilled)> Beyond => HasLimit ? Parts(limitAt, 1000) : [];

    /// <summary>So many cells.</summary>
    public string InText(int cells = 20)
    {
        var filled = Permille > 0 ? Math.Max(1, (Filled * cells + 500) / 1000) : 0;
        var limit = HasLimit ? limitAt * cells / 1000 : -1;
        return string.Create(cells, (filled, limit), static (text, of) =>
        {
            for (var i = 0; i < text.Length; i++) text[i] = i == of.limit ? '┃' : i < of.filled ? '━' : '─';
        });
    }

    private IEnumerable<(int, bool)> Parts(int from, int to)
    {
        if (Math.Min(Filled, to) - from is > 0 and var filled) yield return (filled, true);
        if (to - Math.Max(Filled, from) is > 0 and var empty) yield return (empty, false);
    }
}

/// <summary>Begins a section.</summary>
internal sealed record Heading(Line Line) : Block;

/// <summary>A sentence or two.</summary>
internal sealed record Paragraph(Line Line, Tone Tone = Tone.Plain, Bar? Bar = null) : Block;

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
/// <param name="Cells">In the order of the columns.</param>
/// <param name="Below">What stands below.</param>
/// <param name="Quiet">It can be passed over.</param>
/// <param name="Bar">A picture of it.</param>
/// <param name="IsTotal">The rows above add up to it, and that was checked against the bill.</param>
internal sealed record Row(IReadOnlyList<Line> Cells, Line? Below = null, bool Quiet = false, Bar? Bar = null, bool IsTotal = false);

/// <summary>Small print: a word and what it is.</summary>
internal sealed record Facts(IReadOnlyList<(string Word, Line Line)> Lines) : Block;
