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
        case minimumSpatialLayer(Int?)
        case minimumHeight(Int?)
        case contentHint(LayerPreference.ContentHint?)
        case isPaused(Bool?)
        case priority(Int?)
    }

    typealias Problem = RequestMembers.Problem

    /// Reads a JSON object.
    init(json: some Sequence<UInt8>) throws(Problem) {
        self = try RequestMembers.read(json)
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
            case .minimumSpatialLayer(let value): result.minimumSpatialLayer = value
            case .minimumHeight(let value): result.minimumHeight = value
            case .contentHint(let value): result.contentHint = value
            case .isPaused(let value): result.isPaused = value ?? initial.isPaused
            case .priority(let value): result.priority = value ?? initial.priority
            }
        }
        return result
    }
}

extension LayerRequest: Decodable {
    init(from decoder: any Decoder) throws {
        let members = try RequestMembers(from: decoder)
        for key in members.keys {
            switch key.stringValue {
            case "mediaId": mediaID = try Self.text(members, key)
            case "encodingId": changes.append(.encodingID(try Self.text(members, key)))
            case "spatialLayerId": changes.append(.spatialLayer(try members.number(key, 0...7)))
            case "temporalLayerId": changes.append(.temporalLayer(try members.number(key, 0...7)))
            case "maxWidth": changes.append(.maximumWidth(try members.number(key, 1...65_535)))
            case "maxHeight": changes.append(.maximumHeight(try members.number(key, 1...65_535)))
            case "maxFramerate": changes.append(.maximumFrameRate(try members.number(key, 1...1_000)))
            case "minSpatialLayerId": changes.append(.minimumSpatialLayer(try members.number(key, 0...7)))
            case "minHeight": changes.append(.minimumHeight(try members.number(key, 1...65_535)))
            case "contentHint":
                let hint: LayerPreference.ContentHint? = try members.value(key, "\"motion\", \"detail\" or null") { _ in
                    true
                }
                changes.append(.contentHint(hint))
            case "priority": changes.append(.priority(try members.number(key, 1...100)))
            case "paused":
                changes.append(.isPaused(try members.value(key, "true, false or null") { (_: Bool) in true }))
            default: throw RequestMembers.unknown(key)
            }
        }
    }

    /// Identifiers are as long as a header extension holds. Source: RFC 8285, section 4.2.
    private static func text(_ members: RequestMembers, _ key: RequestMembers.Key) throws(Problem) -> String? {
        try members.value(key, "a text of 1 to 16 visible characters, or null") { (text: String) in
            (1...16).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        }
    }
}
