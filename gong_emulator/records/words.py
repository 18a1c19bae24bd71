"""The vocabulary of the invented company: names, titles, and sentences people say."""

FIRST_NAMES = (
    "Amina", "Bastian", "Chiara", "Dmitri", "Elif", "Farid", "Greta", "Hiro", "Ines", "Jonas", "Kavya", "Lorenzo",
    "Maren", "Nuno", "Oksana", "Pablo", "Quynh", "Rania", "Stellan", "Tamsin", "Umar", "Vesna", "Wiremu", "Xenia",
    "Yusuf", "Zora",
)  # fmt: skip
LAST_NAMES = (
    "Abara", "Bjornsson", "Castellano", "Devereux", "Eriksen", "Fonseca", "Grabowski", "Haddad", "Ivanova", "Jansen",
    "Kowalczyk", "Lindqvist", "Mbeki", "Nakashima", "Okonkwo", "Petrov", "Quispe", "Rahman", "Sandoval", "Thakur",
    "Ueda", "Vasquez", "Whitlock", "Xu", "Yilmaz", "Zielinska",
)  # fmt: skip
TITLES = (
    "Account Executive", "Sales Development Representative", "Customer Success Partner", "Solutions Engineer",
    "Head of Procurement", "VP Operations", "IT Director", "Finance Lead", "Product Owner", "Chief of Staff",
)  # fmt: skip
ACCOUNTS = (
    "Aldergate Systems", "Brightwater Foods", "Copperline Logistics", "Dunmore Health", "Everfield Energy",
    "Foxglove Retail", "Greystone Mutual", "Harbourlight Media", "Ironbridge Steel", "Juniper & Pratt",
    "Kestrel Aviation", "Larkspur Biotech", "Meridian Freight", "Northgate Schools", "Orchard Analytics",
    "Pinnacle Outdoors", "Quarry Street Capital", "Redwood Robotics", "Saltmarsh Fisheries", "Tidewater Marine",
    "Umber Ceramics", "Vantage Telecom", "Willowbrook Clinics", "Yarrow Insurance",
)  # fmt: skip
PURPOSES = ("Discovery", "Demo", "Pricing review", "Kick-off", "Renewal", "Security review", "Check-in", "Handover")
TOPICS = ("Call Setup", "Small Talk", "Company Overview", "Moving Forward", "Pricing", "Next Steps", "Wrap-Up")
SECTIONS = (
    "Where they stand today",
    "What must change",
    "Walk through the product",
    "Cost and contract",
    "Who decides",
)
SENTENCES = (
    "Thanks for making the time today.",
    "Before we begin, who else should be in the room?",
    "Our team still does most of that in spreadsheets.",
    "That takes two people about three days every month.",
    "Could you show me how the approval step works?",
    "Let me share my screen for a moment.",
    "We looked at another vendor in the spring.",
    "The budget for this year is nearly spent.",
    "Legal will want to see the data processing terms.",
    "How long did the last customer need to go live?",
    "I would like to start with a small pilot.",
    "Success for us means closing the books a week earlier.",
    "What happens if the connection drops halfway?",
    "I will send you the summary by Thursday.",
    "Our IT group prefers single sign-on.",
    "That is cheaper than I expected.",
    "That is more than we had planned for.",
    "Can we talk about the renewal date?",
    "My director has the last word on this.",
    "Let us put another hour in the calendar next week.",
    "Schöne Grüße aus dem Münchner Büro.",
    "いい質問ですね。",
    "Right.",
    "Yes, exactly.",
)
KEY_POINTS = (
    "The buyer wants a pilot with one region first.",
    "Month-end reporting is the main pain.",
    "Security review has to finish before signature.",
    "The current contract ends in the autumn.",
    "A second decision maker joins the next call.",
    "Price was accepted in principle.",
)
COMMENTS = ("Nice question here.", "Listen to how the price came up.", "Let's coach on this part.", "Great recap!")
