import FoundationEssentials
import MediaCore

/// What the body of a POST to a layer resource asks for. Members that are not there leave things as they are.
struct LayerRequest: Equatable {
    /// The MID of the video meant; nil for all of the session.
    private(set) var mediaID: String?
    private var changes: [Change] = []

    /// What one member of the body changes; with nil, back to what it is at first.
    private enum Change: Equatable {
        case encodingID(String?)
        case spatialLayer(Int?)
        case temporalLayer(Int?)
        case maximumWidth(Int?)
        case maximumHeight(Int?)
        case maximumFrameRate(Int?)
        case isPaused(Bool?)
        case priority(Int?)
    }

    /// Why a body is no such request: one line for a person.
    struct Problem: Error, Equatable {
        var text: String
    }

    /// Reads a JSON object. A member that it does not know is a mistake of whoever wrote it: none is passed over.
    init(json: some Sequence<UInt8>) throws(Problem) {
        do {
            self = try JSONDecoder().decode(Self.self, from: Data(json))
        } catch let problem as Problem {
            throw problem
        } catch {
            throw Problem(text: "the body must be one JSON object")
        }
    }

    /// `preference` with the changes.
    func applied(to preference: LayerPreference) -> LayerPreference {
        let initial = LayerPreference()
        var result = preference
        for change in changes {
            switch change {
            case .encodingID(let value): result.encodingID = value
            case .spatialLayer(let value): result.spatialLayer = value
            case .temporalLayer(let value): result.temporalLayer = value
            case .maximumWidth(let value): result.maximumWidth = value
            case .maximumHeight(let value): result.maximumHeight = value
            case .maximumFrameRate(let value): result.maximumFrameRate = value
            case .isPaused(let value): result.isPaused = value ?? initial.isPaused
            case .priority(let value): result.priority = value ?? initial.priority
            }
        }
        return result
    }
}

extension LayerRequest: Decodable {
    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    private typealias Members = KeyedDecodingContainer<Key>

    init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: Key.self)
        // In an order of our own, so that of several mistakes the same one is named each time.
        for key in members.allKeys.sorted(by: { $0.stringValue < $1.stringValue }) {
            switch key.stringValue {
            case "mediaId": mediaID = try Self.text(members, key)
            case "encodingId": changes.append(.encodingID(try Self.text(members, key)))
            case "spatialLayerId": changes.append(.spatialLayer(try Self.number(members, key, 0...7)))
            case "temporalLayerId": changes.append(.temporalLayer(try Self.number(members, key, 0...7)))
            case "maxWidth": changes.append(.maximumWidth(try Self.number(members, key, 1...65_535)))
            case "maxHeight": changes.append(.maximumHeight(try Self.number(members, key, 1...65_535)))
            case "maxFramerate": changes.append(.maximumFrameRate(try Self.number(members, key, 1...1_000)))
            case "priority": changes.append(.priority(try Self.number(members, key, 1...100)))
            case "paused":
                changes.append(.isPaused(try Self.value(members, key, "true, false or null") { (_: Bool) in true }))
            default: throw Problem(text: "there is no member \"\(key.stringValue)\"")
            }
        }
    }

    private static func number(_ members: Members, _ key: Key, _ range: ClosedRange<Int>) throws(Problem) -> Int? {
        let allowed = "a whole number from \(range.lowerBound) to \(range.upperBound), or null"
        return try value(members, key, allowed) { range.contains($0) }
    }

    /// Identifiers are as long as a header extension holds. Source: RFC 8285, section 4.2.
    private static func text(_ members: Members, _ key: Key) throws(Problem) -> String? {
        try value(members, key, "a text of 1 to 16 visible characters, or null") { (text: String) in
            (1...16).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        }
    }

    /// The value of a member; nil for null.
    private static func value<Value: Decodable>(
        _ members: Members, _ key: Key, _ allowed: String, where isAllowed: (Value) -> Bool
    ) throws(Problem) -> Value? {
        if (try? members.decodeNil(forKey: key)) == true { return nil }
        guard let value = try? members.decode(Value.self, forKey: key), isAllowed(value) else {
            throw Problem(text: "\(key.stringValue) must be \(allowed)")
        }
        return value
    }
}
