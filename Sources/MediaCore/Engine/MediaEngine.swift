/// A session that publishes: what `MediaEngine.publish` made of an offer.
public struct PublishSession: Sendable {
    /// The publisher's transport.
    public var transport: TransportID
    /// What it publishes, one for each accepted media section.
    public var producers: [ProducerID]
    /// The SDP answer.
    public var answer: String
    /// The ICE username fragment of the answer: it changes with every ICE restart.
    public var usernameFragment: String
}

/// A session that watches: what `MediaEngine.watch` made of an offer.
public struct WatchSession: Sendable {
    /// The watcher's transport.
    public var transport: TransportID
    /// What it watches, one for each accepted media section.
    public var consumers: [ConsumerID]
    /// The SDP answer.
    public var answer: String
    /// The ICE username fragment of the answer: it changes with every ICE restart.
    public var usernameFragment: String
}

/// A selective forwarding unit as a state machine: datagrams, time and commands in; datagrams and events out.
///
/// Nothing in it reads a clock, opens a socket or starts a thread. Give it what arrived with `receive`, tell it the time
/// with `advance` at `nextDeadline`, and after either send what `fillOutput` puts into `output` until it returns false.
public struct MediaEngine: ~Copyable {
    /// Datagrams to send. Empty it after sending.
    public var output = TransmitArena()

    /// Creates an engine.
    ///
    /// - Throws: `MediaEngineError.invalidConfiguration` for a value out of range, `.cryptography` when no certificate
    ///   can be made.
    public init(
        configuration: MediaEngineConfiguration, random: MediaRandom = .system, wallClock: WallClock
    ) throws(MediaEngineError) {
    }

    /// Takes a batch of received datagrams. Never throws: what can't be used is dropped and counted.
    public mutating func receive(_ batch: borrowing DatagramBatch, at instant: MediaInstant) {
    }

    /// Does what is due at or before `instant`.
    public mutating func advance(to instant: MediaInstant) {
    }

    /// When `advance` must be called next; nil when nothing is scheduled.
    public var nextDeadline: MediaInstant? { nil }

    /// Appends pending datagrams to `output` as far as they fit. Returns whether there is anything to send: send it,
    /// empty `output`, and call again until false.
    public mutating func fillOutput(at instant: MediaInstant) -> Bool {
        !output.isEmpty
    }

    /// The next event; nil when there is none.
    public mutating func nextEvent() -> MediaEvent? { nil }

    /// Accepts a publisher's offer: creates a transport, and a producer for each media section that is sent.
    ///
    /// `name` comes back with the transport's closing event and stands in statistics.
    public mutating func publish(
        offer: String, name: String, at instant: MediaInstant
    ) throws(MediaEngineError) -> PublishSession {
        throw .unknownTransport
    }

    /// Accepts a watcher's offer: creates a transport, and a consumer for each of `producers` that a media section of
    /// the offer can receive.
    public mutating func watch(
        offer: String, name: String, producers: [ProducerID], at instant: MediaInstant
    ) throws(MediaEngineError) -> WatchSession {
        throw .unknownTransport
    }

    /// Takes an SDP fragment: trickled candidates (returns nil), or new credentials, which restart ICE (returns the
    /// answering fragment and the new local username fragment).
    ///
    /// Source: RFC 8840; RFC 9725, section 4.3.
    public mutating func updateICE(
        _ transport: TransportID, fragment: String, at instant: MediaInstant
    ) throws(MediaEngineError) -> (answer: String, usernameFragment: String)? {
        throw .unknownTransport
    }

    /// Closes a transport: BYE and close_notify go out with the next output; no event follows.
    /// Returns whether it was still there.
    @discardableResult
    public mutating func close(_ transport: TransportID, at instant: MediaInstant) -> Bool { false }

    /// Every counter, now.
    public func statistics(at instant: MediaInstant) -> MediaStatistics { MediaStatistics() }
}
