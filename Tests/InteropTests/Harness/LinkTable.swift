import Synchronization

/// The figures of all runs over emulated links so far, side by side.
enum LinkTable {
    private static let columns = Mutex<[(name: String, figures: [String])]>([])

    /// Adds a run, and prints how it went and the table so far.
    static func add(_ recording: LinkRecording) {
        let columns = columns.withLock { columns in
            columns.append((recording.name, recording.figures))
            return columns
        }
        var rows = ["".padded(35) + columns.map { $0.name.padded(-26) }.joined()]
        for (number, name) in LinkRecording.figureNames.enumerated() {
            rows.append(name.padded(35) + columns.map { $0.figures[number].padded(-26) }.joined())
        }
        print("\n\(recording.name)\n\(recording.timeline)\n\n\(rows.joined(separator: "\n"))\n")
    }
}
