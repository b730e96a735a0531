import CLoadGenerator
import FoundationEssentials

/// Janus's VideoRoom by its Unix socket: one session and one handle for each peer, as separate clients would have.
final class JanusSignaling: Signaling {
    private static let room = 1234
    private static let plugin = "janus.plugin.videoroom"

    /// What a peer has reached; a step's reply leads to the next one.
    private enum Step: String { case create, attach, room, publish, subscribe, start }

    private struct Client {
        var peer: Peer?
        var session: UInt64 = 0
        var handle: UInt64 = 0
    }

    private let options: Options
    private let socket: Int32
    private var clients: [Client] = [Client()]
    private var isReady = false
    private var hasBegun = false
    private var waiting: [[UInt8]] = []
    private var buffer = [UInt8](repeating: 0, count: 1 << 18)

    init(options: Options) throws {
        self.options = options
        socket = load_unix_connect(options.janusPath)
        guard socket >= 0 else { throw OptionError("no connection to \(options.janusPath): error \(-socket)") }
    }

    func prepare(at now: Int64) -> Bool {
        if !hasBegun {
            hasBegun = true
            send(0, .create, Request(janus: "create"))
        }
        return isReady
    }

    func join(_ peer: Peer, at now: Int64) {
        clients.append(Client(peer: peer))
        send(clients.count - 1, .create, Request(janus: "create"))
    }

    func sweep(at now: Int64) {
        while let message = waiting.first {
            guard load_write(socket, message, message.count) > 0 else { break }
            waiting.removeFirst()
        }
        while true {
            let count = load_read(socket, &buffer, buffer.count)
            guard count > 0, count < 1 << 30 else { return }
            guard let reply = try? JSONDecoder().decode(Reply.self, from: Data(buffer[..<Int(count)])) else {
                continue
            }
            take(reply, at: now)
        }
    }

    private func take(_ reply: Reply, at now: Int64) {
        // "ack" only says that an answer will follow.
        guard reply.janus != "ack", let words = reply.transaction?.split(separator: "-"), words.count == 2,
            let client = Int(words[0]), client < clients.count, let step = Step(rawValue: String(words[1]))
        else { return }
        if let error = reply.error?.reason ?? reply.plugindata?.data.error {
            clients[client].peer?.fail("Janus, \(step): \(error)")
            return
        }
        switch step {
        case .create:
            clients[client].session = reply.data?.id ?? 0
            send(client, .attach, Request(janus: "attach", plugin: Self.plugin))
        case .attach:
            clients[client].handle = reply.data?.id ?? 0
            enter(client)
        case .room:
            isReady = true
        case .publish:
            if let jsep = reply.jsep { clients[client].peer?.connect(to: jsep.sdp, at: now) }
        case .subscribe:
            guard let jsep = reply.jsep, let peer = clients[client].peer else { return }
            let answer = Description(type: "answer", sdp: Offer.answer(peer, to: jsep.sdp))
            send(client, .start, Request(janus: "message", body: Body(request: "start"), jsep: answer))
            peer.connect(to: jsep.sdp, at: now)
        case .start:
            break
        }
    }

    private func enter(_ client: Int) {
        guard let peer = clients[client].peer else {
            let body = Body(
                request: "create", room: Self.room, publishers: 100, bitrate: 0, audiocodec: "opus",
                videocodec: "vp8", transport_wide_cc_ext: true)
            send(0, .room, Request(janus: "message", body: body))
            return
        }
        if peer.isPublisher {
            let offer = Offer.text(
                peer, streams: peer.published, hasAudio: options.hasAudio, hasVideo: options.videoBitrate > 0,
                setup: "active")
            let body = Body(
                request: "joinandconfigure", room: Self.room, ptype: "publisher", id: UInt64(peer.number + 1))
            send(client, .publish, Request(janus: "message", body: body, jsep: Description(type: "offer", sdp: offer)))
        } else {
            let feeds = peer.watched.map { Feed(feed: UInt64($0 + 1)) }
            let body = Body(request: "join", room: Self.room, ptype: "subscriber", streams: feeds)
            send(client, .subscribe, Request(janus: "message", body: body))
        }
    }

    private func send(_ client: Int, _ step: Step, _ request: Request) {
        var request = request
        request.transaction = "\(client)-\(step.rawValue)"
        if clients[client].session != 0 { request.session_id = clients[client].session }
        if clients[client].handle != 0 { request.handle_id = clients[client].handle }
        guard let data = try? JSONEncoder().encode(request) else { return }
        waiting.append(Array(data))
    }

    // The names are those of Janus's protocol.

    private struct Request: Encodable {
        var janus: String
        var transaction = ""
        var session_id: UInt64?
        var handle_id: UInt64?
        var plugin: String?
        var body: Body?
        var jsep: Description?

        init(janus: String, plugin: String? = nil, body: Body? = nil, jsep: Description? = nil) {
            self.janus = janus
            self.plugin = plugin
            self.body = body
            self.jsep = jsep
        }
    }

    private struct Body: Encodable {
        var request: String
        var room: Int?
        var ptype: String?
        var id: UInt64?
        var streams: [Feed]?
        var publishers: Int?
        var bitrate: Int?
        var audiocodec: String?
        var videocodec: String?
        var transport_wide_cc_ext: Bool?

        init(
            request: String, room: Int? = nil, ptype: String? = nil, id: UInt64? = nil, streams: [Feed]? = nil,
            publishers: Int? = nil, bitrate: Int? = nil, audiocodec: String? = nil, videocodec: String? = nil,
            transport_wide_cc_ext: Bool? = nil
        ) {
            self.request = request
            self.room = room
            self.ptype = ptype
            self.id = id
            self.streams = streams
            self.publishers = publishers
            self.bitrate = bitrate
            self.audiocodec = audiocodec
            self.videocodec = videocodec
            self.transport_wide_cc_ext = transport_wide_cc_ext
        }
    }

    private struct Feed: Encodable {
        var feed: UInt64
    }

    private struct Description: Codable {
        var type: String
        var sdp: String
    }

    private struct Reply: Decodable {
        struct Identifier: Decodable { var id: UInt64? }
        struct Failure: Decodable { var reason: String? }
        struct PluginData: Decodable { var data: PluginReply }
        struct PluginReply: Decodable { var error: String? }

        var janus: String
        var transaction: String?
        var data: Identifier?
        var error: Failure?
        var plugindata: PluginData?
        var jsep: Description?
    }
}
