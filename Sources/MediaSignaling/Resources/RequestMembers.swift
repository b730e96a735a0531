import FoundationEssentials

/// The members of a JSON object that asks for something. A member that nobody knows is a mistake of whoever wrote it:
/// none is passed over.
struct RequestMembers {
    struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// Why a body is no such request: one line for a person.
    struct Problem: Error, Equatable {
        var text: String
    }

    private let container: KeyedDecodingContainer<Key>

    init(from decoder: any Decoder) throws {
        container = try decoder.container(keyedBy: Key.self)
    }

    /// What is there, in an order of our own, so that of several mistakes the same one is named each time.
    var keys: [Key] { container.allKeys.sorted { $0.stringValue < $1.stringValue } }

    /// Reads a JSON object.
    static func read<Request: Decodable>(_ json: some Sequence<UInt8>) throws(Problem) -> Request {
        do {
            return try JSONDecoder().decode(Request.self, from: Data(json))
        } catch let problem as Problem {
            throw problem
        } catch {
            throw Problem(text: "the body must be one JSON object")
        }
    }

    static func unknown(_ key: Key) -> Problem { Problem(text: "there is no member \"\(key.stringValue)\"") }

    func number(_ key: Key, _ range: ClosedRange<Int>) throws(Problem) -> Int? {
        let allowed = "a whole number from \(range.lowerBound) to \(range.upperBound), or null"
        return try value(key, allowed) { range.contains($0) }
    }

    /// The value of a member; nil for null.
    func value<Value: Decodable>(
        _ key: Key, _ allowed: String, where isAllowed: (Value) -> Bool
    ) throws(Problem) -> Value? {
        if (try? container.decodeNil(forKey: key)) == true { return nil }
        guard let value = try? container.decode(Value.self, forKey: key), isAllowed(value) else {
            throw Problem(text: "\(key.stringValue) must be \(allowed)")
        }
        return value
    }
}
