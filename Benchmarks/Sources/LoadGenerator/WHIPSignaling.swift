/// WHIP for publishers, WHEP for subscribers. Source: RFC 9725; draft-ietf-wish-whep.
final class WHIPSignaling: Signaling {
    private let options: Options
    private var exchanges: [(peer: Peer, exchange: HTTPExchange)] = []

    init(options: Options) {
        self.options = options
    }

    func prepare(at now: Int64) -> Bool { true }

    func join(_ peer: Peer, at now: Int64) {
        let hasVideo = options.videoBitrate > 0
        let offer = Offer.text(peer, streams: peer.published, hasAudio: options.hasAudio, hasVideo: hasVideo)
        let path =
            peer.isPublisher
            ? "/whip/\(streamName(peer.number))" : "/whep/\(peer.watched.map(streamName).joined(separator: ","))"
        // From the peer's own address, as separate clients would: the server limits what one source may ask for.
        guard
            let exchange = HTTPExchange(
                post: offer, path: path, token: options.token, from: peer.address, to: options.httpAddress,
                port: options.httpPort)
        else { return peer.fail("no connection") }
        exchanges.append((peer, exchange))
    }

    /// In a room where subscribers may want several streams on one connection; apart from each other else.
    private func streamName(_ publisher: Int) -> String {
        options.isMeeting || options.isBundled ? "meeting.p\(publisher)" : "load\(publisher)"
    }

    func sweep(at now: Int64) {
        var index = 0
        while index < exchanges.count {
            let peer = exchanges[index].peer
            switch exchanges[index].exchange.advance() {
            case .pending:
                index += 1
                continue
            case .done(201, let body): peer.connect(to: body, at: now)
            case .done(let status, let body): peer.fail("HTTP \(status): \(body.prefix(200))")
            case .failed(let reason): peer.fail(reason)
            }
            exchanges.remove(at: index)
        }
    }
}
