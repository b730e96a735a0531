/// What the body of a POST to a session's bit rate asks for: of a publisher, or for a watcher.
struct BitrateRequest: Equatable, Decodable {
    /// A limit in bit/s, or that there be none; nil when the body says nothing of it.
    private(set) var maximumBitrate: Int64??

    /// Reads a JSON object.
    init(json: some Sequence<UInt8>) throws(RequestMembers.Problem) {
        self = try RequestMembers.read(json)
    }

    init(from decoder: any Decoder) throws {
        let members = try RequestMembers(from: decoder)
        for key in members.keys {
            switch key.stringValue {
            case "maxBitrate":
                maximumBitrate = .some(try members.number(key, 30_000...1_000_000_000).map { Int64($0) })
            default: throw RequestMembers.unknown(key)
            }
        }
    }
}
