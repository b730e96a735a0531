/// What came of one run, as a line of the table.
struct CheckRow: Sendable {
    /// What a picture must resemble its source by, in decibels.
    static let leastPSNR = 27.0

    var codec: String
    var mode: String
    /// Layers' frames that were encoded.
    var encoded = 0
    /// Pictures that reached the watcher, and those of them that gave a picture.
    var forwarded = 0
    var decoded = 0
    /// Changes of size, and keyframe requests at the publisher.
    var switches = 0
    var requests = 0
    var leastPSNR = 99.0
    private(set) var errors = 0
    private(set) var complaints: [String] = []
    /// Why nothing was checked.
    var isSkipped = false

    var isGood: Bool { errors == 0 }

    mutating func complain(_ text: String) {
        errors += 1
        if complaints.count < 12 { complaints.append(text) }
    }

    static let heading = Self.line(
        ["codec", "mode", "encoded", "forwarded", "decoded", "switches", "requests", "min PSNR", "errors"])

    var text: String {
        if isSkipped { return Self.line([codec, mode, "not there", "", "", "", "", "", ""]) }
        let psnr = leastPSNR < 99 ? "\((leastPSNR * 10).rounded() / 10)" : "-"
        let counts = [encoded, forwarded, decoded, switches, requests].map { "\($0)" }
        return Self.line([codec, mode] + counts + [psnr, "\(errors)"])
    }

    private static func line(_ cells: [String]) -> String {
        let widths = [6, 19, 8, 10, 8, 9, 9, 9, 7]
        return zip(cells, widths).enumerated().map { index, cell in
            let space = String(repeating: " ", count: max(1, cell.1 - cell.0.count))
            return index < 2 ? cell.0 + space : space + cell.0
        }.joined()
    }
}
