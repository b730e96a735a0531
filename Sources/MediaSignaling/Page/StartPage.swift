import COpenSSL
import NIOHTTP1

/// The built-in page at `/`: publish this camera, watch a stream. One document, allowed to load nothing and to run
/// nothing but its own script.
struct StartPage: Sendable {
    /// The page as a response.
    let reply: HTTPReply

    init() {
        let policy = [
            "default-src 'none'", "script-src 'sha256-\(Self.digest(Self.script))'",
            "style-src 'sha256-\(Self.digest(Self.style))'", "connect-src 'self'",
            "media-src 'self' blob: mediastream:",
            "img-src data:", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        ]
        reply = HTTPReply(.ok, type: "text/html; charset=utf-8", body: Self.document)
            .with("content-security-policy", policy.joined(separator: "; "))
            .with("referrer-policy", "no-referrer")
            .with("permissions-policy", "camera=(self), microphone=(self)")
            .with("cross-origin-opener-policy", "same-origin")
            .with("cache-control", "no-cache")
    }

    private static var document: String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Sluice</title>
        <link rel="icon" href="data:image/svg+xml,\(icon)">
        <style>\(style)</style>
        </head>
        \(markup)
        <script>\(script)</script>
        </html>
        """
    }

    /// A sluice gate in a circle, percent-encoded as far as a URL in an attribute needs it.
    private static let icon =
        "%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Ccircle cx='16' cy='16' r='16' "
        + "fill='%230f766e'/%3E%3Cpath d='M7 13q4.5-5 9 0t9 0M7 20q4.5-5 9 0t9 0' fill='none' stroke='%23fff' "
        + "stroke-width='3' stroke-linecap='round'/%3E%3C/svg%3E"

    /// The SHA-256 digest in base64, as a Content-Security-Policy wants it.
    private static func digest(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var digest = [UInt8](repeating: 0, count: 32)
        SHA256(bytes, bytes.count, &digest)
        var encoded = [UInt8](repeating: 0, count: 45)
        EVP_EncodeBlock(&encoded, digest, 32)
        return String(decoding: encoded.prefix(44), as: UTF8.self)
    }
}
