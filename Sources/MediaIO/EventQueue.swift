import MediaCore
import Synchronization

/// The engine's events on their way to the application. Bounded; a reader that keeps its stream loses none.
///
/// A transport has at most two events in its life: connected, closed. When more than half of the room is taken, the
/// worker accepts no new transport; the other half holds all that the live ones can still cause. Of events about what
/// changes again and again, only the last about each thing stays queued.
final class EventQueue: Sendable {
    private struct State: ~Copyable {
        var events: [MediaEvent] = []
        var head = 0
        var drops: UInt64 = 0
        var streams = 0
        var waiter: CheckedContinuation<MediaEvent?, Never>?
        /// Tells a waiter from the one that took its place.
        var waiterNumber = 0
        var isFinished = false

        var count: Int { events.count - head }

        /// Drops what an event makes stale, once so many wait: a reader that keeps up is told of every change.
        mutating func removeSuperseded(by event: MediaEvent, limit: Int) {
            guard count >= limit, let subject = Self.subject(of: event) else { return }
            let superseded = events[head...].firstIndex { Self.subject(of: $0) == subject }
            if let superseded { events.remove(at: superseded) }
        }

        private static func subject(of event: MediaEvent) -> AnyHashable? {
            switch event {
            case .unwatchedLayers(let producer, _): producer
            case .layerAllocated(let consumer, _, _): consumer
            case .dominantSpeaker(let group, _): group
            case .transportConnected, .transportClosed: nil
            }
        }

        mutating func popFirst() -> MediaEvent? {
            guard head < events.count else { return nil }
            let event = events[head]
            head += 1
            if head * 2 >= events.count {
                events.removeFirst(head)
                head = 0
            }
            return event
        }
    }

    /// Lives as long as a stream: who drops the stream stops holding up new transports.
    private final class Subscription: Sendable {
        let queue: EventQueue

        init(_ queue: EventQueue) {
            self.queue = queue
            queue.state.withLock { $0.streams += 1 }
        }

        deinit {
            queue.state.withLock { $0.streams -= 1 }
        }
    }

    private let state = Mutex(State())
    private let capacity: Int

    /// Makes room for the events of twice as many transports as there may be at a time.
    init(maximumTransports: Int) {
        capacity = min(max(1, maximumTransports), 65_535) * 4
    }

    /// A stream of what is queued and what comes.
    var stream: AsyncStream<MediaEvent> {
        let subscription = Subscription(self)
        return AsyncStream { await subscription.queue.next() }
    }

    /// Whether somebody reads, but so slowly that another transport's events might not fit.
    var isCongested: Bool {
        state.withLock { $0.streams > 0 && $0.count > capacity / 2 }
    }

    var drops: UInt64 { state.withLock { $0.drops } }
    var count: Int { state.withLock { $0.count } }

    /// Adds an event. The oldest makes room when nobody has read for long.
    func append(_ event: MediaEvent) {
        let waiter = state.withLock { state -> CheckedContinuation<MediaEvent?, Never>? in
            if let waiter = state.waiter.take() { return waiter }
            state.removeSuperseded(by: event, limit: min(256, capacity / 4))
            // What statistics tell too takes no room from what they do not.
            if case .layerAllocated = event, state.count >= capacity / 2 {
                state.drops &+= 1
                return nil
            }
            if state.count == capacity {
                _ = state.popFirst()
                state.drops &+= 1
            }
            state.events.append(event)
            return nil
        }
        waiter?.resume(returning: event)
    }

    /// Ends the streams once they have delivered what is queued.
    func finish() {
        let waiter = state.withLock { state in
            state.isFinished = true
            return state.waiter.take()
        }
        waiter?.resume(returning: nil)
    }

    private func next() async -> MediaEvent? {
        // There is one reader: a second one ends the first one's stream.
        let (number, displaced) = state.withLock { state in
            state.waiterNumber += 1
            return (state.waiterNumber, state.waiter.take())
        }
        displaced?.resume(returning: nil)
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                wait(continuation, number: number)
            }
        } onCancel: {
            let waiter = state.withLock { $0.waiterNumber == number ? $0.waiter.take() : nil }
            waiter?.resume(returning: nil)
        }
    }

    private func wait(_ continuation: CheckedContinuation<MediaEvent?, Never>, number: Int) {
        let result = state.withLock { state -> MediaEvent?? in
            // Cancellation is looked at under the lock: its handler either finds the continuation or ran before.
            if Task.isCancelled || state.waiterNumber != number { return .some(nil) }
            if let event = state.popFirst() { return event }
            if state.isFinished { return .some(nil) }
            state.waiter = continuation
            return nil
        }
        if let result { continuation.resume(returning: result) }
    }
}
