import CLoadGenerator

/// One HTTP/1.1 request on a connection of its own, and its answer, without waiting.
struct HTTPExchange {
    enum Progress {
        case pending
        case done(status: Int, body: String)
        case failed(String)
    }

    private let descriptor: Int32
    private let request: [UInt8]
    private var sent = 0
    private var received: [UInt8] = []

    /// Nil when the connection could not even be begun.
    init?(post body: String, path: String, token: String, from source: UInt32, to address: UInt32, port: UInt16) {
        descriptor = load_tcp_connect(source, address, port)
        guard descriptor >= 0 else { return nil }
        let host = [24, 16, 8, 0].map { "\(address >> $0 & 255)" }.joined(separator: ".")
        var lines = [
            "POST \(path) HTTP/1.1", "Host: \(host):\(port)", "Content-Type: application/sdp",
            "Content-Length: \(body.utf8.count)", "Connection: close",
        ]
        if !token.isEmpty { lines.append("Authorization: Bearer \(token)") }
        request = Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8)
    }

    /// Moves on as far as the socket lets it; closes it at the end.
    mutating func advance() -> Progress {
        while sent < request.count {
            let count = request.withUnsafeBytes { load_write(descriptor, $0.baseAddress! + sent, $0.count - sent) }
            if count < 0 { return end(.failed("writing: error \(-count)")) }
            if count == 0 { return .pending }
            sent += Int(count)
        }
        var part = [UInt8](repeating: 0, count: 16384)
        while true {
            let count = load_read(descriptor, &part, part.count)
            if count < 0 { return end(.failed("reading: error \(-count)")) }
            let isEnd = count == 1 << 30
            if !isEnd { received += part[..<Int(count)] }
            if let done = parsed { return end(done) }
            if isEnd { return end(.failed("the connection ended early")) }
            if count == 0 { return .pending }
        }
    }

    private func end(_ progress: Progress) -> Progress {
        load_close(descriptor)
        return progress
    }

    private var parsed: Progress? {
        let end = Array("\r\n\r\n".utf8)
        guard let blank = (0..<max(0, received.count - 3)).first(where: { received[$0..<$0 + 4].elementsEqual(end) })
        else { return nil }
        let lines = String(decoding: received[..<blank], as: UTF8.self).split(whereSeparator: \.isNewline)
        guard let status = lines.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            return .failed("not HTTP")
        }
        let prefix = "content-length:"
        guard
            let length = lines.first(where: { $0.lowercased().hasPrefix(prefix) })
                .flatMap({ Int($0.dropFirst(prefix.count).filter(\.isNumber)) })
        else { return .failed("no Content-Length") }
        let body = received[(blank + 4)...]
        return body.count >= length ? .done(status: status, body: String(decoding: body, as: UTF8.self)) : nil
    }
}
