extension ICECredentials {
    /// Reads `a=ice-ufrag` and `a=ice-pwd` from the lines of one level; nil when neither is there.
    ///
    /// - Throws: when one is missing, too short, too long or holds other characters. Source: RFC 8839, section 5.4.
    init?(lines: [SDPLine]) throws(SDPError) {
        let fragment = lines.attribute("ice-ufrag")
        let password = lines.attribute("ice-pwd")
        guard let number = (fragment ?? password)?.number else { return nil }
        guard let fragment else { throw SDPError(line: number, "a=ice-ufrag is required beside a=ice-pwd") }
        guard let password else { throw SDPError(line: number, "a=ice-pwd is required beside a=ice-ufrag") }
        self.init(usernameFragment: String(fragment.firstWord), password: String(password.firstWord))
        guard SDPText.isICECharacters(usernameFragment, lengths: 4...256) else {
            throw SDPError(line: fragment.number, "a=ice-ufrag must be 4 to 256 letters, digits, + or /")
        }
        guard SDPText.isICECharacters(self.password, lengths: 22...256) else {
            throw SDPError(line: password.number, "a=ice-pwd must be 22 to 256 letters, digits, + or /")
        }
    }

    /// The two attributes.
    var attributes: [SDPLine] { [SDPLine("ice-ufrag", usernameFragment), SDPLine("ice-pwd", password)] }
}
