/// The streams that one session is about: the one that it publishes, or those that it watches, of one room and in the
/// order of their media sections.
struct StreamList: Hashable, Sendable, CustomStringConvertible {
    /// The most streams of one watcher: with sound and picture each, an offer has as many sections as are read.
    static let maximumCount = 32

    /// At least one, each once.
    let names: [StreamName]

    /// Why a text is no such list.
    enum Problem: Error, Equatable {
        case invalidName
        case tooMany
        case twice(StreamName)
        case differentRooms(StreamName, StreamName)
    }

    /// Reads names that commas separate.
    init(_ text: some StringProtocol) throws(Problem) {
        // One more than allowed is enough to tell that there are too many.
        let parts = text.split(separator: ",", maxSplits: Self.maximumCount, omittingEmptySubsequences: false)
        guard parts.count <= Self.maximumCount else { throw .tooMany }
        var names: [StreamName] = []
        for part in parts {
            guard let name = StreamName(part) else { throw .invalidName }
            guard !names.contains(name) else { throw .twice(name) }
            if let first = names.first, first.room != name.room { throw .differentRooms(first, name) }
            names.append(name)
        }
        self.names = names
    }

    var description: String { names.map(\.description).joined(separator: ",") }

    /// A short text for logs: the first name, and how many there are besides.
    var summary: String { "\(names[0])" + (names.count > 1 ? "+\(names.count - 1)" : "") }
}
