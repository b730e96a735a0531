import MediaCore
import NIOHTTP1

/// Tells whether a request was made by a page or program of this machine, for this machine.
///
/// Without a token, listening on loopback alone protects nothing: any web page may have its visitor's browser send
/// requests to 127.0.0.1, and with a name that it rebinds to 127.0.0.1 even read the answers. The `Host` and `Origin`
/// that the browser states tell.
enum LoopbackCheck {
    /// Whether `Host` and, where present, `Origin` name this machine.
    static func passes(_ headers: HTTPHeaders) -> Bool {
        let hosts = headers["host"]
        guard hosts.count == 1, isLoopback(authority: hosts[0]) else { return false }
        return headers["origin"].allSatisfy { origin in
            let text = origin.lowercased()
            for scheme in ["http://", "https://"] where text.hasPrefix(scheme) {
                return isLoopback(authority: String(text.dropFirst(scheme.count)))
            }
            return false
        }
    }

    /// Whether `host[:port]` is `localhost`, an address in 127.0.0.0/8 or `[::1]`.
    static func isLoopback(authority: String) -> Bool {
        var host = Substring(authority.lowercased())
        if host.hasPrefix("[") {
            guard let end = host.firstIndex(of: "]") else { return false }
            guard isPort(host[host.index(after: end)...]) else { return false }
            return TransportAddress(host[host.index(after: host.startIndex)..<end], port: 0)?.isLoopback ?? false
        }
        if let colon = host.firstIndex(of: ":") {
            guard isPort(host[colon...]) else { return false }
            host = host[..<colon]
        }
        return host == "localhost" || TransportAddress(host, port: 0)?.isLoopback ?? false
    }

    private static func isPort(_ text: Substring) -> Bool {
        guard !text.isEmpty else { return true }
        return text.first == ":" && (2...6).contains(text.utf8.count) && UInt16(text.dropFirst()) != nil
    }
}
