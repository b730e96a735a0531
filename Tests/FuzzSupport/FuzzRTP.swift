import MediaCore

/// Any bytes: parsed as RTP, the header put together again and compared, every extension element and every payload
/// descriptor read.
package func fuzzRTP(_ bytes: RawSpan) throws(FuzzFailure) {
    for codec in MediaCodec.allCases { _ = PayloadDescriptor.isKeyframeStart(codec, bytes) }
    guard let header = try? RTPHeader(parsing: bytes) else { return }
    try require(
        header.headerByteCount >= 12 + 4 * Int(header.csrcCount) && header.headerByteCount <= bytes.byteCount,
        "a header of \(header.headerByteCount) in \(bytes.byteCount) bytes")

    let original = bytes.array
    let hasExtension = header.extensionOffset != 0
    var rebuilt: [UInt8] = [
        0x80 | (header.hasPadding ? 0x20 : 0) | (hasExtension ? 0x10 : 0) | header.csrcCount,
        (header.marker ? 0x80 : 0) | header.payloadType,
    ]
    rebuilt.append(bigEndian: header.sequenceNumber)
    rebuilt.append(bigEndian: header.timestamp)
    rebuilt.append(bigEndian: header.ssrc)
    try require(original.starts(with: rebuilt), "the fixed header differs: \(rebuilt)")
    if hasExtension {
        var words: [UInt8] = []
        words.append(bigEndian: header.extensionProfile)
        words.append(bigEndian: UInt16(header.extensionByteCount / 4))
        try require(original[(header.extensionOffset - 4)...].starts(with: words), "the extension's words differ")
        try require(
            header.extensionOffset + header.extensionByteCount == header.headerByteCount,
            "the extension does not end where the payload begins")
    }

    var elements = RTPHeaderExtensionReader(header, bytes)
    var end = header.extensionOffset
    while let element = elements.next() {
        try require(
            element.identifier != 0 && element.offset > end && (0...255).contains(element.count)
                && element.offset + element.count <= header.headerByteCount,
            "an element out of its place: \(element)")
        end = element.offset + element.count
    }

    let payload = bytes.extracting(header.headerByteCount...)
    guard let padding = RTPHeader.paddingByteCount(of: payload, hasPadding: header.hasPadding) else { return }
    try require((0...payload.byteCount).contains(padding), "padding of \(padding) in \(payload.byteCount) bytes")
    let content = payload.extracting(first: payload.byteCount - padding)
    for codec in MediaCodec.allCases { _ = PayloadDescriptor.isKeyframeStart(codec, content) }
}
