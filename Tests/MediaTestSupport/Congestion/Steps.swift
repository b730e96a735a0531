package import MediaCore

/// A value that changes at given instants.
package struct Steps<Value: Sendable>: Sendable {
    /// From when on which value, ascending; the first holds from the beginning.
    package var steps: [(seconds: Double, value: Value)]

    package init(_ value: Value, _ later: [(seconds: Double, value: Value)] = []) {
        steps = [(0, value)] + later
    }

    package func value(at instant: MediaInstant) -> Value {
        var (low, high) = (1, steps.count)
        while low < high {
            let middle = (low + high) / 2
            if Int64(steps[middle].seconds * 1e9) <= instant.nanoseconds { low = middle + 1 } else { high = middle }
        }
        return steps[low - 1].value
    }
}

extension Steps {
    /// The same steps of other values.
    package func map<Other>(_ transform: (Value) -> Other) -> Steps<Other> {
        Steps<Other>(transform(steps[0].value), steps.dropFirst().map { ($0.seconds, transform($0.value)) })
    }
}
