namespace Ledger.Service.Mail;

/// <summary>A mail as its reader gets it.</summary>
/// <param name="Subject">One line.</param>
/// <param name="Text">For text clients: at most 80 columns, but for links and commands.</param>
/// <param name="Html">The same content for all others; nothing in it is fetched from anywhere.</param>
public sealed record MailContent(string Subject, string Text, string Html);
