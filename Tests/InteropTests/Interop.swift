import Testing

/// The tests with real programs, one at a time: two of them at once would measure each other.
@Suite(
    .serialized, .enabled(if: InteropEnvironment.runsBrowsers, "\(InteropEnvironment.skipped)"),
    .timeLimit(.minutes(3)))
enum Interop {}
