import Synchronization

/// Counts connections, in all and from each source.
final class ConnectionCounter: Sendable {
    private struct State {
        var total = 0
        var bySource: [HTTPSource: Int] = [:]
    }

    private let state = Mutex(State())
    private let maximum: Int
    private let maximumPerSource: Int

    init(maximum: Int, maximumPerSource: Int) {
        self.maximum = maximum
        self.maximumPerSource = maximumPerSource
    }

    /// The connections open now.
    var count: Int { state.withLock { $0.total } }

    /// Takes a place. Returns false when there is none.
    func enter(_ source: HTTPSource) -> Bool {
        state.withLock { state in
            let own = state.bySource[source, default: 0]
            guard state.total < maximum, own < maximumPerSource else { return false }
            state.total += 1
            state.bySource[source] = own + 1
            return true
        }
    }

    /// Gives a place back.
    func leave(_ source: HTTPSource) {
        state.withLock { state in
            guard let own = state.bySource[source] else { return }
            state.total -= 1
            state.bySource[source] = own > 1 ? own - 1 : nil
        }
    }
}
