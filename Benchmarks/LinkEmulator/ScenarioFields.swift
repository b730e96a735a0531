/// The members of one JSON object of a scenario, each with its range. What is wrong is told by the member's path.
struct ScenarioFields {
    private struct Name: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    private let container: KeyedDecodingContainer<Name>
    private let path: String

    init(_ decoder: any Decoder, known: [String]) throws {
        path = decoder.codingPath.reduce("") { path, key in
            if let index = key.intValue { return "\(path)[\(index)]" }
            return path.isEmpty ? key.stringValue : "\(path).\(key.stringValue)"
        }
        guard let container = try? decoder.container(keyedBy: Name.self) else {
            throw LinkScenario.Refusal(reason: "\(path.isEmpty ? "the scenario" : path): is no JSON object")
        }
        self.container = container
        // In order, so that of several always the same is named.
        if let unknown = container.allKeys.map(\.stringValue).filter({ !known.contains($0) }).min() {
            throw refusal(unknown, "is unknown; known are \(known.joined(separator: ", "))")
        }
    }

    func refusal(_ name: String, _ problem: String) -> LinkScenario.Refusal {
        LinkScenario.Refusal(reason: "\(path.isEmpty ? "" : path + ".")\(name): \(problem)")
    }

    func isNull(_ name: String) -> Bool {
        (try? container.decodeNil(forKey: Name(stringValue: name))) ?? false
    }

    func number(_ name: String, in range: ClosedRange<Double>) throws -> Double? {
        let key = Name(stringValue: name)
        guard container.contains(key), !isNull(name) else { return nil }
        guard let number = try? container.decode(Double.self, forKey: key), range.contains(number) else {
            throw refusal(name, "takes a number from \(Self.text(range.lowerBound)) to \(Self.text(range.upperBound))")
        }
        return number
    }

    func whole(_ name: String, in range: ClosedRange<UInt64>) throws -> UInt64? {
        let key = Name(stringValue: name)
        guard container.contains(key), !isNull(name) else { return nil }
        guard let number = try? container.decode(UInt64.self, forKey: key), range.contains(number) else {
            throw refusal(name, "takes a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// A time in units of so many nanoseconds.
    func nanoseconds(_ name: String, in range: ClosedRange<Double>, unit: Double) throws -> UInt64? {
        try number(name, in: range).map { UInt64(($0 * unit).rounded()) }
    }

    func value<Value: Decodable>(_ name: String, of type: Value.Type) throws -> Value? {
        guard !isNull(name) else { return nil }
        return try container.decodeIfPresent(type, forKey: Name(stringValue: name))
    }

    func list<Value: Decodable>(_ name: String, of type: Value.Type) throws -> [Value]? {
        do {
            return try container.decodeIfPresent([Value].self, forKey: Name(stringValue: name))
        } catch DecodingError.typeMismatch {
            throw refusal(name, "takes a list of steps")
        }
    }

    private static func text(_ number: Double) -> String {
        number == number.rounded() ? String(Int(number)) : String(number)
    }
}
