import Foundation

/// Debian's Janus with its VideoRoom alone, as a server with a public address would run it, in a namespace.
struct JanusProcess: Sendable {
    static let port: UInt16 = 8088
    private static let libraries = "/usr/lib/x86_64-linux-gnu/janus"
    private static let room = 1234

    let process: ChildProcess
    let namespace: Namespace
    let address: String

    /// A client of the room: its session and its handle.
    struct Client: Sendable {
        var session: UInt64
        var handle: UInt64
    }

    /// What a client got back.
    struct Reply: Decodable, Sendable {
        struct Identifier: Decodable, Sendable { var id: UInt64? }
        struct Failure: Decodable, Sendable { var reason: String? }
        struct PluginData: Decodable, Sendable { var data: PluginReply }
        struct PluginReply: Decodable, Sendable { var error: String? }
        struct Description: Decodable, Sendable { var sdp: String }

        var janus: String
        var data: Identifier?
        var error: Failure?
        var plugindata: PluginData?
        var jsep: Description?
    }

    static func start(_ scenario: Scenario, in namespace: Namespace) async throws -> JanusProcess {
        let folder = "\(scenario.folder)/janus"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (name, text) in configuration(folder, namespace.address) {
            try text.write(toFile: "\(folder)/\(name).jcfg", atomically: true, encoding: .utf8)
        }
        let process = try scenario.start("janus", ["janus", "-F", folder, "-C", "\(folder)/janus.jcfg"], in: namespace)
        let janus = JanusProcess(process: process, namespace: namespace, address: namespace.address)
        try await eventually("Janus answers", within: .seconds(10), every: .milliseconds(50)) {
            if let code = process.exitCode { throw ChildProcess.Failure(description: "janus ended: \(code)") }
            return try HTTPRequest(path: "/janus/info")
                .send(to: janus.address, port: port, in: namespace)?.status == 200
        }
        let owner = try await janus.client()
        try await janus.tell(
            owner,
            #"{"request":"create","room":\#(room),"publishers":10,"bitrate":0,"audiocodec":"opus","#
                + #""videocodec":"vp8","transport_wide_cc_ext":true}"#)
        return janus
    }

    func client() async throws -> Client {
        let session = try post("/janus", #""janus":"create""#).data?.id ?? 0
        let handle = try post("/janus/\(session)", #""janus":"attach","plugin":"janus.plugin.videoroom""#).data?.id ?? 0
        return Client(session: session, handle: handle)
    }

    /// Publishes what the offer has; gives the answer.
    func publish(_ client: Client, offer: String) async throws -> String {
        let reply = try await tell(
            client, #"{"request":"joinandconfigure","room":\#(Self.room),"ptype":"publisher","id":1}"#,
            (type: "offer", sdp: offer))
        return try sdp(of: reply)
    }

    /// Asks for what is published; gives the offer.
    func subscribe(_ client: Client) async throws -> String {
        let reply = try await tell(
            client, #"{"request":"join","room":\#(Self.room),"ptype":"subscriber","streams":[{"feed":1}]}"#)
        return try sdp(of: reply)
    }

    func begin(_ client: Client, answer: String) async throws {
        try await tell(client, #"{"request":"start"}"#, (type: "answer", sdp: answer))
    }

    private func sdp(of reply: Reply) throws -> String {
        guard let sdp = reply.jsep?.sdp else { throw ChildProcess.Failure(description: "Janus gives no description") }
        return sdp
    }

    /// Sends a message, and waits for the answer if that comes later.
    @discardableResult
    private func tell(
        _ client: Client, _ body: String, _ description: (type: String, sdp: String)? = nil
    ) async throws -> Reply {
        var members = #""janus":"message","body":\#(body)"#
        if let description {
            let text = String(decoding: try JSONEncoder().encode(description.sdp), as: UTF8.self)
            members += #","jsep":{"type":"\#(description.type)","sdp":\#(text)}"#
        }
        let reply = try post("/janus/\(client.session)/\(client.handle)", members)
        guard reply.janus == "ack" else { return reply }
        return try await eventually("Janus answers", within: .seconds(10)) {
            let request = HTTPRequest(path: "/janus/\(client.session)?maxev=1")
            let event = try self.reply(to: request)
            return event.janus == "event" ? event : nil
        }
    }

    private func post(_ path: String, _ members: String) throws -> Reply {
        let body = #"{"transaction":"\#(UInt32.random(in: 0...UInt32.max))",\#(members)}"#
        return try reply(
            to: HTTPRequest(method: "POST", path: path, headers: ["Content-Type": "application/json"], body: body))
    }

    private func reply(to request: HTTPRequest) throws -> Reply {
        guard let response = try request.send(to: address, port: Self.port, in: namespace) else {
            throw ChildProcess.Failure(description: "Janus does not listen")
        }
        guard let reply = try? JSONDecoder().decode(Reply.self, from: Data(response.body.utf8)) else {
            throw ChildProcess.Failure(description: "Janus: \(response.status) \(response.body)")
        }
        if let problem = reply.error?.reason ?? reply.plugindata?.data.error {
            throw ChildProcess.Failure(description: "Janus: \(problem)")
        }
        return reply
    }

    private static func configuration(_ folder: String, _ address: String) -> [String: String] {
        func others(_ kind: String, than kept: String) -> String {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(libraries)/\(kind)")) ?? []
            return names.filter { $0.hasSuffix(".so") && $0 != kept }.sorted().joined(separator: ",")
        }
        return [
            "janus": """
            general: {
                configs_folder = "\(folder)"
                plugins_folder = "\(libraries)/plugins"
                transports_folder = "\(libraries)/transports"
                events_folder = "\(libraries)/events"
                loggers_folder = "\(libraries)/loggers"
                debug_level = 2
                session_timeout = 0
                protected_folders = []
            }
            media: {
                ipv6 = false
            }
            nat: {
                ice_lite = true
                ice_enforce_list = "\(address)"
            }
            plugins: {
                disable = "\(others("plugins", than: "libjanus_videoroom.so"))"
            }
            transports: {
                disable = "\(others("transports", than: "libjanus_http.so"))"
            }
            loggers: {
                disable = "\(others("loggers", than: ""))"
            }
            events: {
                broadcast = false
            }
            """,
            "janus.transport.http": """
            general: {
                json = "compact"
                base_path = "/janus"
                http = true
                port = \(port)
                ip = "\(address)"
                https = false
            }
            admin: {
                admin_http = false
            }
            """,
            "janus.plugin.videoroom": "general: {\n}\n",
        ]
    }
}
