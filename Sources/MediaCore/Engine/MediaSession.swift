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
